package io.vmsnap.operator.reconciler.vmsnapshot;

import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.BinarySize;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.Progress;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Deletion;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Phase;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.SnapshotEntry;
import io.vmsnap.operator.operation.JobProgress;
import io.vmsnap.operator.operation.JobStep;
import io.vmsnap.operator.operation.RequestHash;
import io.vmsnap.operator.operation.Sequence;
import io.vmsnap.task.DeleteResult;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The status that follows from an observation and the step decided on it. */
final class SnapshotStatusFactory {
  private SnapshotStatusFactory() {}

  static VMSnapshotStatus create(
      VMSnapshot snapshot, SnapshotObservation seen, SnapshotStep step, Instant now) {
    VMSnapshotStatus before = snapshot.getStatus();
    Phase phase = phase(before, step);
    Captured captured = captured(before, step);
    Long parentUid =
        seen.tree()
            .find(captured.uid())
            .map(SnapshotEntry::parentUid)
            .orElseGet(
                () -> seen.tree().find(captured.uid()).isPresent() ? null : captured.parentUid());
    Attempt attempt = attempt(before, step, now);
    SnapshotLinks links = SnapshotLinks.of(snapshot, captured.uid(), parentUid, phase, seen);
    return new VMSnapshotStatus(
        snapshot.getMetadata().getGeneration(),
        phase,
        SnapshotConditions.of(snapshot, seen, step, now),
        phase == Phase.Ready,
        captured.uid(),
        links.parent(),
        parentUid,
        links.children(),
        links.current(),
        captured.powerState(),
        captured.consistency(),
        captured.memoryFile(),
        captured.memory(),
        captured.disks(),
        captured.storage(),
        captured.timing(),
        progress(snapshot, seen, phase, attempt),
        captured.createTime(),
        completionTime(before, step, now),
        displayName(snapshot, step),
        description(snapshot, step),
        deletion(before, step, now),
        Sequence.of(snapshot, before == null ? null : before.sequence()),
        attempt);
  }

  private static Phase phase(VMSnapshotStatus before, SnapshotStep step) {
    return switch (step) {
      case SnapshotStep.Refuse refuse -> Phase.Pending;
      case SnapshotStep.Hold hold -> phase(before, hold.kind(), Phase.Pending);
      case SnapshotStep.Begin begin -> phase(before, begin.attempt().operation(), Phase.Creating);
      case SnapshotStep.Refused refused -> Phase.Failed;
      case SnapshotStep.Import found -> Phase.Ready;
      case SnapshotStep.Work work when work.kind() == OperationKind.Create -> created(work.job());
      case SnapshotStep.Work work when work.kind() == OperationKind.Delete ->
          work.job() instanceof JobStep.Done ? Phase.Deleted : Phase.Deleting;
      case SnapshotStep.Work work -> before.phase();
      case SnapshotStep.Settled settled when settled.vanished() -> Phase.Failed;
      case SnapshotStep.Settled settled -> before.uid() == null ? before.phase() : Phase.Ready;
      case SnapshotStep.Pause pause -> Phase.Deleting;
      case SnapshotStep.Linger linger -> Phase.Deleted;
      case SnapshotStep.Release release -> before == null ? Phase.Pending : before.phase();
    };
  }

  private static Phase phase(VMSnapshotStatus before, OperationKind kind, Phase creation) {
    return switch (kind) {
      case Create -> creation;
      case Delete -> Phase.Deleting;
      case Describe, Revert, Suspend, Consolidate -> before.phase();
    };
  }

  private static Phase created(JobStep job) {
    return switch (job) {
      case JobStep.Done done -> Phase.Ready;
      case JobStep.Fail fail -> Phase.Failed;
      case JobStep.Start start -> Phase.Creating;
      case JobStep.Await await -> Phase.Creating;
      case JobStep.Watch watch -> Phase.Creating;
      case JobStep.Retry retry -> Phase.Creating;
    };
  }

  private static Captured captured(VMSnapshotStatus before, SnapshotStep step) {
    return switch (step) {
      case SnapshotStep.Import found -> Captured.imported(found.entry());
      case SnapshotStep.Work(OperationKind kind, JobStep.Done(var outcome))
          when kind == OperationKind.Create ->
          Captured.from(outcome.snapshot());
      default -> Captured.of(before);
    };
  }

  private static Progress progress(
      VMSnapshot snapshot, SnapshotObservation seen, Phase phase, Attempt attempt) {
    return phase == Phase.Creating || phase == Phase.Deleting
        ? JobProgress.of(seen.vm(), snapshot.getMetadata().getUid(), attempt)
        : null;
  }

  private static String completionTime(VMSnapshotStatus before, SnapshotStep step, Instant now) {
    return switch (step) {
      case SnapshotStep.Work(OperationKind kind, JobStep.Done(var outcome))
          when kind == OperationKind.Create ->
          seconds(
              outcome.snapshot().completionTime() == null
                  ? now
                  : outcome.snapshot().completionTime());
      case SnapshotStep.Work(OperationKind kind, JobStep.Fail fail)
          when kind == OperationKind.Create ->
          seconds(now);
      case SnapshotStep.Refused refused -> seconds(now);
      case SnapshotStep.Import found -> seconds(now);
      default -> before == null ? null : before.completionTime();
    };
  }

  /** What the directory has, or will have when the recorded try has done its work. */
  private static String displayName(VMSnapshot snapshot, SnapshotStep step) {
    VMSnapshotStatus before = snapshot.getStatus();
    String kept = before == null ? null : before.displayName();
    String wanted = snapshot.getSpec() == null ? null : snapshot.getSpec().displayName();
    return switch (step) {
      case SnapshotStep.Begin begin when begin.attempt().operation() == OperationKind.Create ->
          wanted == null ? snapshot.getMetadata().getName() : wanted;
      case SnapshotStep.Import found -> found.entry().name();
      case SnapshotStep.Work work when hasDescribed(snapshot, work) ->
          wanted == null ? kept : wanted;
      default -> kept;
    };
  }

  /** What the directory has, or will have when the recorded try has done its work. */
  private static String description(VMSnapshot snapshot, SnapshotStep step) {
    VMSnapshotStatus before = snapshot.getStatus();
    String kept = before == null ? null : before.description();
    return switch (step) {
      case SnapshotStep.Begin begin when begin.attempt().operation() == OperationKind.Create ->
          snapshot.getSpec().description();
      case SnapshotStep.Work work when hasDescribed(snapshot, work) ->
          snapshot.getSpec().description();
      default -> kept;
    };
  }

  /** Whether the job has written what the spec has now. */
  private static boolean hasDescribed(VMSnapshot snapshot, SnapshotStep.Work work) {
    return work.kind() == OperationKind.Describe
        && work.job() instanceof JobStep.Done
        && snapshot
            .getStatus()
            .attempt()
            .requestHash()
            .equals(RequestHash.ofDescription(snapshot.getSpec()));
  }

  private static Deletion deletion(VMSnapshotStatus before, SnapshotStep step, Instant now) {
    if (step instanceof SnapshotStep.Work(OperationKind kind, JobStep.Done(var outcome))
        && kind == OperationKind.Delete) {
      DeleteResult result = outcome.delete();
      return new Deletion(
          result.removedUids(),
          BinarySize.round(result.mergedBytes()),
          BinarySize.round(result.freedBytes()),
          seconds(now));
    }
    return before == null ? null : before.deletion();
  }

  private static Attempt attempt(VMSnapshotStatus before, SnapshotStep step, Instant now) {
    return switch (step) {
      case SnapshotStep.Begin begin -> begin.attempt();
      case SnapshotStep.Work(OperationKind kind, JobStep.Retry retry) -> retry.next();
      case SnapshotStep.Work(OperationKind kind, JobStep.Done done) -> before.attempt().end();
      case SnapshotStep.Work(OperationKind kind, JobStep.Fail fail)
          when kind == OperationKind.Delete ->
          DeletionDecision.afterFailure(before.attempt(), now);
      case SnapshotStep.Work(OperationKind kind, JobStep.Fail fail) -> before.attempt().end();
      default -> before == null ? null : before.attempt();
    };
  }

  static String seconds(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
