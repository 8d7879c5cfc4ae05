package io.vmsnap.operator.reconciler.vmsnapshot;

import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.operator.operation.JobStep;
import io.vmsnap.operator.operation.Operations;
import io.vmsnap.operator.status.Conditions;
import io.vmsnap.operator.status.Conditions.Truth;
import io.vmsnap.operator.status.Reasons;
import io.vmsnap.operator.status.Summary;
import io.vmsnap.operator.status.Violation;
import io.vmsnap.task.SnapshotResult.QuiesceResult;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** A snapshot's conditions. Each step gives a summary; Ready, Reconciling and Stalled follow. */
final class SnapshotConditions {
  private SnapshotConditions() {}

  static List<Condition> of(
      VMSnapshot snapshot, SnapshotObservation seen, SnapshotStep step, Instant now) {
    VMSnapshotStatus before = snapshot.getStatus();
    Conditions next =
        new Conditions(
            before == null ? null : before.conditions(),
            snapshot.getMetadata().getGeneration(),
            now);
    Summary summary = summary(snapshot, step);
    summary.addReady(next);
    summary.addReconciling(next);
    stalled(next, summary, snapshot, seen);
    quiesced(next, before, step);
    return next.list();
  }

  private static void stalled(
      Conditions next, Summary summary, VMSnapshot snapshot, SnapshotObservation seen) {
    boolean taken = summary.state() == Summary.State.READY;
    if (summary.state() != Summary.State.STUCK && !seen.violations().isEmpty()) {
      // changed after the fact, on an API server that does not hold fields immutable
      next.add(
          ConditionType.Stalled,
          Truth.True,
          ConditionReason.InvalidSpec,
          Violation.list(seen.violations()));
    } else if (taken && Operations.descriptionFailed(snapshot)) {
      next.keep(ConditionType.Stalled);
    } else {
      summary.addStalled(next);
    }
  }

  /** Told by the job that took the snapshot; a fact that nothing changes afterwards. */
  private static void quiesced(Conditions next, VMSnapshotStatus before, SnapshotStep step) {
    if (step instanceof SnapshotStep.Work(OperationKind kind, JobStep.Done(var outcome))
        && kind == OperationKind.Create
        && outcome.snapshot().quiesce() != null) {
      QuiesceResult quiesce = outcome.snapshot().quiesce();
      next.add(
          ConditionType.Quiesced,
          Truth.of(quiesce.quiesced()),
          Reasons.of(quiesce.reason(), ConditionReason.FreezeFailed),
          String.valueOf(quiesce.message()));
    } else if (before != null) {
      next.keep(ConditionType.Quiesced);
    }
  }

  private static Summary summary(VMSnapshot snapshot, SnapshotStep step) {
    return switch (step) {
      case SnapshotStep.Refuse refuse ->
          Summary.stuck(ConditionReason.InvalidSpec, Violation.list(refuse.violations()));
      case SnapshotStep.Hold hold -> moving(snapshot, hold.kind(), hold.reason(), hold.message());
      case SnapshotStep.Begin begin -> working(snapshot, begin.attempt().operation(), "");
      case SnapshotStep.Work work -> worked(snapshot, work.kind(), work.job());
      case SnapshotStep.Refused refused -> Summary.stuck(refused.reason(), refused.message());
      case SnapshotStep.Import found ->
          Summary.ready("Stands for the snapshot of uid " + found.entry().uid());
      case SnapshotStep.Settled settled when settled.vanished() ->
          Summary.stuck(
              ConditionReason.SnapshotVanished,
              "The directory no longer has a snapshot of uid " + snapshot.getStatus().uid());
      case SnapshotStep.Settled settled -> kept(snapshot.getStatus());
      case SnapshotStep.Pause pause -> kept(snapshot.getStatus());
      case SnapshotStep.Linger linger -> deleted();
      case SnapshotStep.Release release -> deleted();
    };
  }

  private static Summary worked(VMSnapshot snapshot, OperationKind kind, JobStep job) {
    return switch (job) {
      case JobStep.Start start -> working(snapshot, kind, "");
      case JobStep.Watch watch -> working(snapshot, kind, watch.message());
      case JobStep.Await await -> moving(snapshot, kind, await.reason(), await.message());
      case JobStep.Retry retry ->
          moving(
              snapshot,
              kind,
              ConditionReason.Retrying,
              retry.reason()
                  + ": "
                  + retry.message()
                  + ". Try "
                  + retry.next().number()
                  + " begins at "
                  + retry.next().notBefore());
      case JobStep.Done done when kind == OperationKind.Delete -> deleted();
      case JobStep.Done done -> Summary.ready("The snapshot is ready to use");
      case JobStep.Fail fail when kind == OperationKind.Describe ->
          readyBut(snapshot)
              .stalled(
                  fail.reason(),
                  "The name and description could not be written: " + fail.message());
      case JobStep.Fail fail when kind == OperationKind.Delete ->
          Summary.stuck(
              fail.reason(),
              fail.message()
                  + ". It is tried again every "
                  + DeletionDecision.PAUSE.toMinutes()
                  + " minutes; spec.deletionPolicy Retain lets the resource go");
      case JobStep.Fail fail -> Summary.stuck(fail.reason(), fail.message());
    };
  }

  private static Summary working(VMSnapshot snapshot, OperationKind kind, String detail) {
    String waits = "The job waits: " + detail;
    return switch (kind) {
      case Delete ->
          moving(
              snapshot,
              kind,
              ConditionReason.Deleting,
              detail.isEmpty() ? "The snapshot is being merged and removed" : waits);
      case Describe ->
          moving(
              snapshot,
              kind,
              ConditionReason.Describing,
              detail.isEmpty() ? "The name and description are being written" : waits);
      case Create, Revert, Suspend, Consolidate ->
          moving(
              snapshot,
              kind,
              ConditionReason.Creating,
              detail.isEmpty() ? "The snapshot is being taken" : waits);
    };
  }

  /** A snapshot stays ready to use while its description is on its way. */
  private static Summary moving(
      VMSnapshot snapshot, OperationKind kind, ConditionReason reason, String message) {
    return kind == OperationKind.Describe
        ? readyBut(snapshot).reconciling(reason, message)
        : Summary.moving(reason, message);
  }

  private static Summary readyBut(VMSnapshot snapshot) {
    return kept(snapshot.getStatus());
  }

  private static Summary deleted() {
    return Summary.moving(ConditionReason.Deleted, "The snapshot is out of the directory");
  }

  /** What was said when the snapshot was settled stays said, but for what has passed. */
  private static Summary kept(VMSnapshotStatus before) {
    Optional<Condition> ready = Conditions.find(before.conditions(), ConditionType.Ready);
    return ready
        .filter(condition -> !condition.reason().equals(ConditionReason.SnapshotVanished.name()))
        .map(
            condition ->
                condition.holds()
                    ? Summary.ready(condition.message())
                    : Summary.stuck(
                        Reasons.of(condition.reason(), ConditionReason.JobFailed),
                        condition.message()))
        .orElseGet(() -> Summary.ready("The snapshot is ready to use"));
  }
}
