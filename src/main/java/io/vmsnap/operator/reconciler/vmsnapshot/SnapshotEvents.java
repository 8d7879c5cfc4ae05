package io.vmsnap.operator.reconciler.vmsnapshot;

import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.EventReason;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.operator.event.Events;
import io.vmsnap.operator.operation.JobStep;
import io.vmsnap.operator.status.Conditions;
import io.vmsnap.operator.status.Violation;
import io.vmsnap.task.TaskOutcome;

/** Events of a snapshot, each told by the step that happens once. */
final class SnapshotEvents {
  private final Events events;

  SnapshotEvents(Events events) {
    this.events = events;
  }

  void tell(VMSnapshot snapshot, SnapshotStep step) {
    switch (step) {
      case SnapshotStep.Work work -> tell(snapshot, work.kind(), work.job());
      case SnapshotStep.Refused refused ->
          events.warning(
              snapshot, EventReason.SnapshotFailed, refused.reason() + ": " + refused.message());
      case SnapshotStep.Import found ->
          events.normal(
              snapshot,
              EventReason.SnapshotImported,
              "Stands for snapshot "
                  + found.entry().uid()
                  + " ("
                  + found.entry().name()
                  + ") of "
                  + snapshot.getSpec().vmName());
      case SnapshotStep.Refuse refuse -> {
        if (!stalledFor(snapshot, ConditionReason.InvalidSpec)) {
          events.warning(snapshot, EventReason.InvalidSpec, Violation.list(refuse.violations()));
        }
      }
      case SnapshotStep.Settled settled when settled.vanished() -> {
        if (!stalledFor(snapshot, ConditionReason.SnapshotVanished)) {
          events.warning(
              snapshot,
              EventReason.SnapshotVanished,
              "The directory no longer has snapshot " + snapshot.getStatus().uid());
        }
      }
      default -> {
        // conditions and progress say it
      }
    }
  }

  private void tell(VMSnapshot snapshot, OperationKind kind, JobStep job) {
    switch (job) {
      case JobStep.Start start ->
          events.normal(
              snapshot, EventReason.SnapshotStarted, "Created job " + start.attempt().job());
      case JobStep.Retry retry ->
          events.warning(
              snapshot, EventReason.SnapshotRetried, retry.reason() + ": " + retry.message());
      case JobStep.Done done -> done(snapshot, kind, done.outcome());
      case JobStep.Fail fail ->
          events.warning(
              snapshot,
              kind == OperationKind.Delete
                  ? EventReason.DeletionFailed
                  : EventReason.SnapshotFailed,
              fail.reason() + ": " + fail.message());
      case JobStep.Await await -> {}
      case JobStep.Watch watch -> {}
    }
  }

  private void done(VMSnapshot snapshot, OperationKind kind, TaskOutcome outcome) {
    String vm = snapshot.getSpec().vmName();
    switch (kind) {
      case Delete ->
          events.normal(
              snapshot,
              EventReason.SnapshotDeleted,
              "Removed from "
                  + vm
                  + ": "
                  + outcome.delete().removedUids()
                  + "; "
                  + outcome.delete().freedBytes()
                  + " bytes are free again");
      case Describe ->
          events.normal(
              snapshot,
              EventReason.SnapshotDescribed,
              "The directory has the new name and description");
      case Create, Revert, Suspend, Consolidate ->
          events.normal(
              snapshot,
              EventReason.SnapshotReady,
              "Snapshot " + outcome.snapshot().uid() + " of " + vm + " is ready");
    }
  }

  private static boolean stalledFor(VMSnapshot snapshot, ConditionReason reason) {
    return snapshot.getStatus() != null
        && Conditions.find(snapshot.getStatus().conditions(), ConditionType.Stalled)
            .filter(condition -> condition.reason().equals(reason.name()))
            .isPresent();
  }
}
