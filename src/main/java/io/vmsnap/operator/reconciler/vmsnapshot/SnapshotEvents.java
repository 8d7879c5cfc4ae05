package io.vmsnap.operator.reconciler.vmsnapshot;

import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.EventReason;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.operator.event.Events;
import io.vmsnap.operator.status.Conditions;
import io.vmsnap.operator.status.Violation;

/** Events of a snapshot, each told by the step that happens once. */
final class SnapshotEvents {
  private final Events events;

  SnapshotEvents(Events events) {
    this.events = events;
  }

  void tell(VMSnapshot snapshot, SnapshotStep step) {
    switch (step) {
      case SnapshotStep.StartJob start ->
          events.normal(
              snapshot, EventReason.SnapshotStarted, "Created job " + start.attempt().job());
      case SnapshotStep.Retry retry ->
          events.warning(
              snapshot, EventReason.SnapshotRetried, retry.reason() + ": " + retry.message());
      case SnapshotStep.Succeed succeed ->
          events.normal(
              snapshot,
              EventReason.SnapshotReady,
              "Snapshot "
                  + succeed.result().uid()
                  + " of "
                  + snapshot.getSpec().vmName()
                  + " is ready");
      case SnapshotStep.Fail fail ->
          events.warning(
              snapshot, EventReason.SnapshotFailed, fail.reason() + ": " + fail.message());
      case SnapshotStep.Refuse refuse -> {
        if (!wasRefused(snapshot)) {
          events.warning(snapshot, EventReason.InvalidSpec, Violation.list(refuse.violations()));
        }
      }
      default -> {
        // conditions and progress say it
      }
    }
  }

  private static boolean wasRefused(VMSnapshot snapshot) {
    return snapshot.getStatus() != null
        && Conditions.find(snapshot.getStatus().conditions(), ConditionType.Stalled)
            .filter(condition -> condition.reason().equals(ConditionReason.InvalidSpec.name()))
            .isPresent();
  }
}
