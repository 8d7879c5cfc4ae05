package io.vmsnap.operator.reconciler.vmsnapshot;

import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Attempt;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Phase;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Progress;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The status that follows from an observation and the step decided on it. */
final class SnapshotStatusFactory {
  private SnapshotStatusFactory() {}

  static VMSnapshotStatus create(
      VMSnapshot snapshot, SnapshotObservation seen, SnapshotStep step, Instant now) {
    VMSnapshotStatus before = snapshot.getStatus();
    Phase phase = phase(before, step);
    Captured captured =
        step instanceof SnapshotStep.Succeed done
            ? Captured.from(done.result())
            : Captured.of(before);
    SnapshotLinks links =
        SnapshotLinks.of(snapshot, captured.uid(), captured.parentUid(), phase, seen);
    return new VMSnapshotStatus(
        snapshot.getMetadata().getGeneration(),
        phase,
        SnapshotConditions.of(snapshot, seen, step, now),
        phase == Phase.Ready,
        captured.uid(),
        links.parent(),
        captured.parentUid(),
        links.children(),
        links.current(),
        captured.powerState(),
        captured.consistency(),
        captured.memoryFile(),
        captured.memory(),
        captured.disks(),
        captured.storage(),
        captured.timing(),
        phase == Phase.Creating ? progress(snapshot, seen) : null,
        captured.createTime(),
        completionTime(before, step, now),
        attempt(before, step));
  }

  private static Phase phase(VMSnapshotStatus before, SnapshotStep step) {
    return switch (step) {
      case SnapshotStep.Refuse refuse -> Phase.Pending;
      case SnapshotStep.Hold hold -> Phase.Pending;
      case SnapshotStep.Begin begin -> Phase.Creating;
      case SnapshotStep.StartJob start -> Phase.Creating;
      case SnapshotStep.Await await -> Phase.Creating;
      case SnapshotStep.Watch watch -> Phase.Creating;
      case SnapshotStep.Retry retry -> Phase.Creating;
      case SnapshotStep.Succeed succeed -> Phase.Ready;
      case SnapshotStep.Fail fail -> Phase.Failed;
      case SnapshotStep.Settled settled -> before.phase();
    };
  }

  /** The runner reads what the job writes, and the machine's status repeats it. */
  private static Progress progress(VMSnapshot snapshot, SnapshotObservation seen) {
    VirtualMachineStatus.Operation operation =
        seen.vm().isEmpty() || seen.vm().get().getStatus() == null
            ? null
            : seen.vm().get().getStatus().operation();
    return operation != null && snapshot.getMetadata().getUid().equals(operation.requestId())
        ? new Progress(operation.step(), operation.percent())
        : null;
  }

  private static String completionTime(VMSnapshotStatus before, SnapshotStep step, Instant now) {
    if (step instanceof SnapshotStep.Succeed done && done.result().completionTime() != null) {
      return seconds(done.result().completionTime());
    }
    if (step instanceof SnapshotStep.Succeed || step instanceof SnapshotStep.Fail) {
      return seconds(now);
    }
    return before == null ? null : before.completionTime();
  }

  private static Attempt attempt(VMSnapshotStatus before, SnapshotStep step) {
    return switch (step) {
      case SnapshotStep.Begin begin -> begin.attempt();
      case SnapshotStep.Retry retry -> retry.next();
      default -> before == null ? null : before.attempt();
    };
  }

  static String seconds(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
