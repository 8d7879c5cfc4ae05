package io.vmsnap.operator.reconciler.vmsnapshotrevert;

import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.BinarySize;
import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertSpec.MemoryLoad;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertStatus.Phase;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertStatus.Timing;
import io.vmsnap.operator.operation.JobProgress;
import io.vmsnap.operator.operation.JobStep;
import io.vmsnap.operator.operation.Sequence;
import io.vmsnap.operator.status.Millis;
import io.vmsnap.task.RevertResult;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;

/** The status that follows from an observation and the step decided on it. */
final class RevertStatusFactory {
  private static final VMSnapshotRevertStatus NEW =
      new VMSnapshotRevertStatus(
          null, null, null, null, null, null, null, null, null, null, null, null, null, null);

  private RevertStatusFactory() {}

  static VMSnapshotRevertStatus create(
      VMSnapshotRevert revert, RevertObservation seen, RevertStep step, Instant now) {
    VMSnapshotRevertStatus before = revert.getStatus() == null ? NEW : revert.getStatus();
    Phase phase = phase(before, step);
    Attempt attempt = attempt(before, step);
    RevertResult result =
        step instanceof RevertStep.Work(JobStep.Done(var outcome)) ? outcome.revert() : null;
    boolean ends = phase.isFinal() && before.completionTime() == null;
    return new VMSnapshotRevertStatus(
        revert.getMetadata().getGeneration(),
        phase,
        RevertConditions.of(revert, step, now),
        snapshotUid(before, step),
        step instanceof RevertStep.BeginSaving saving
            ? saving.snapshotName()
            : before.savedSnapshot(),
        result == null ? before.powerStateAfter() : token(PowerState.values(), result.powerState()),
        result == null ? before.memoryLoad() : token(MemoryLoad.values(), result.memoryLoad()),
        result == null ? before.discarded() : BinarySize.round(result.discardedBytes()),
        result == null ? before.timing() : timing(result),
        phase == Phase.Reverting
            ? JobProgress.of(seen.vm(), revert.getMetadata().getUid(), attempt)
            : null,
        phase.hasBegun() && before.startTime() == null ? seconds(now) : before.startTime(),
        ends ? seconds(now) : before.completionTime(),
        Sequence.of(revert, before.sequence()),
        attempt);
  }

  private static Phase phase(VMSnapshotRevertStatus before, RevertStep step) {
    return switch (step) {
      case RevertStep.Refuse refuse -> Phase.Pending;
      // one that has saved the state it leaves keeps its turn
      case RevertStep.Hold hold -> before.phase() == Phase.Saving ? Phase.Saving : Phase.Pending;
      case RevertStep.Refused refused -> Phase.Failed;
      case RevertStep.BeginSaving begin -> Phase.Saving;
      case RevertStep.Save save -> Phase.Saving;
      case RevertStep.AwaitSaved await -> Phase.Saving;
      case RevertStep.Begin begin -> Phase.Reverting;
      case RevertStep.Work(JobStep.Done done) -> Phase.Succeeded;
      case RevertStep.Work(JobStep.Fail fail) -> Phase.Failed;
      case RevertStep.Work work -> Phase.Reverting;
      case RevertStep.Settled settled -> before.phase();
    };
  }

  private static Long snapshotUid(VMSnapshotRevertStatus before, RevertStep step) {
    return switch (step) {
      case RevertStep.BeginSaving begin -> Long.valueOf(begin.snapshotUid());
      case RevertStep.Begin begin -> Long.valueOf(begin.snapshotUid());
      default -> before.snapshotUid();
    };
  }

  private static Attempt attempt(VMSnapshotRevertStatus before, RevertStep step) {
    return switch (step) {
      case RevertStep.Begin begin -> begin.attempt();
      case RevertStep.Work(JobStep.Retry retry) -> retry.next();
      case RevertStep.Work(JobStep.Done done) -> before.attempt().end();
      case RevertStep.Work(JobStep.Fail fail) -> before.attempt().end();
      default -> before.attempt();
    };
  }

  private static Timing timing(RevertResult result) {
    return result.timing() == null
        ? null
        : new Timing(
            Millis.rounded(result.timing().runningMillis()),
            Millis.rounded(result.timing().totalMillis()));
  }

  /** A token of a newer job that this version does not know is left out rather than refused. */
  private static <T extends Enum<T>> T token(T[] known, String name) {
    return Arrays.stream(known).filter(value -> value.name().equals(name)).findFirst().orElse(null);
  }

  private static String seconds(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
