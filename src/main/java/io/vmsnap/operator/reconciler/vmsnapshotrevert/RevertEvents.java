package io.vmsnap.operator.reconciler.vmsnapshotrevert;

import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.EventReason;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.operator.event.Events;
import io.vmsnap.operator.operation.JobStep;
import io.vmsnap.operator.status.Conditions;
import io.vmsnap.operator.status.Violation;
import io.vmsnap.task.RevertResult;

/** Events of a revert, each told by the step that happens once. */
final class RevertEvents {
  private final Events events;

  RevertEvents(Events events) {
    this.events = events;
  }

  void tell(VMSnapshotRevert revert, RevertStep step) {
    switch (step) {
      case RevertStep.Work(JobStep.Start(var attempt)) ->
          events.normal(revert, EventReason.RevertStarted, "Created job " + attempt.job());
      case RevertStep.Work(JobStep.Retry retry) ->
          events.warning(
              revert, EventReason.RevertRetried, retry.reason() + ": " + retry.message());
      case RevertStep.Work(JobStep.Fail fail) ->
          events.warning(revert, EventReason.RevertFailed, fail.reason() + ": " + fail.message());
      case RevertStep.Work(JobStep.Done(var outcome)) -> reverted(revert, outcome.revert());
      case RevertStep.Refused refused ->
          events.warning(
              revert, EventReason.RevertFailed, refused.reason() + ": " + refused.message());
      case RevertStep.Refuse refuse when !wasRefused(revert) ->
          events.warning(revert, EventReason.InvalidSpec, Violation.list(refuse.violations()));
      default -> {
        // conditions and progress say it
      }
    }
  }

  private void reverted(VMSnapshotRevert revert, RevertResult result) {
    events.normal(
        revert,
        EventReason.Reverted,
        revert.getSpec().vmName()
            + " is at snapshot "
            + revert.getSpec().snapshotName()
            + " (uid "
            + result.snapshotUid()
            + "), "
            + result.powerState());
  }

  private static boolean wasRefused(VMSnapshotRevert revert) {
    return revert.getStatus() != null
        && Conditions.find(revert.getStatus().conditions(), ConditionType.Stalled)
            .filter(condition -> condition.reason().equals(ConditionReason.InvalidSpec.name()))
            .isPresent();
  }
}
