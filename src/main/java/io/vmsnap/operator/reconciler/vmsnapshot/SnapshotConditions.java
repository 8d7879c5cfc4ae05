package io.vmsnap.operator.reconciler.vmsnapshot;

import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.operator.status.Conditions;
import io.vmsnap.operator.status.Conditions.Truth;
import io.vmsnap.operator.status.Reasons;
import io.vmsnap.operator.status.Violation;
import io.vmsnap.task.SnapshotResult.QuiesceResult;
import java.time.Instant;
import java.util.List;

/** A snapshot's conditions. Each step gives a summary; Ready, Reconciling and Stalled follow. */
final class SnapshotConditions {
  private SnapshotConditions() {}

  private record Summary(State state, ConditionReason reason, String message) {}

  private enum State {
    READY,
    MOVING,
    /** Failed, or waits for a person. */
    STUCK
  }

  static List<Condition> of(
      VMSnapshot snapshot, SnapshotObservation seen, SnapshotStep step, Instant now) {
    VMSnapshotStatus before = snapshot.getStatus();
    Long generation = snapshot.getMetadata().getGeneration();
    Conditions next = new Conditions(before == null ? null : before.conditions(), generation, now);
    Summary summary = summary(before, step);
    boolean moving = summary.state() == State.MOVING;
    next.add(
        ConditionType.Ready,
        Truth.of(summary.state() == State.READY),
        summary.reason(),
        summary.message());
    next.add(
        ConditionType.Reconciling,
        Truth.of(moving),
        moving ? summary.reason() : ConditionReason.Idle,
        moving ? summary.message() : Conditions.NOTHING_UNDER_WAY);
    stalled(next, summary, seen);
    quiesced(next, before, step);
    return next.list();
  }

  private static void stalled(Conditions next, Summary summary, SnapshotObservation seen) {
    if (summary.state() == State.STUCK) {
      next.add(ConditionType.Stalled, Truth.True, summary.reason(), summary.message());
    } else if (!seen.violations().isEmpty()) {
      // changed after the fact, on an API server that does not hold fields immutable
      next.add(
          ConditionType.Stalled,
          Truth.True,
          ConditionReason.InvalidSpec,
          Violation.list(seen.violations()));
    } else {
      next.add(ConditionType.Stalled, Truth.False, ConditionReason.Idle, Conditions.NOTHING_STUCK);
    }
  }

  /** Told by the job that took the snapshot; a fact that nothing changes afterwards. */
  private static void quiesced(Conditions next, VMSnapshotStatus before, SnapshotStep step) {
    if (step instanceof SnapshotStep.Succeed done && done.result().quiesce() != null) {
      QuiesceResult quiesce = done.result().quiesce();
      next.add(
          ConditionType.Quiesced,
          Truth.of(quiesce.quiesced()),
          Reasons.of(quiesce.reason(), ConditionReason.FreezeFailed),
          String.valueOf(quiesce.message()));
    } else if (before != null) {
      next.keep(ConditionType.Quiesced);
    }
  }

  private static Summary summary(VMSnapshotStatus before, SnapshotStep step) {
    return switch (step) {
      case SnapshotStep.Refuse refuse ->
          new Summary(
              State.STUCK, ConditionReason.InvalidSpec, Violation.list(refuse.violations()));
      case SnapshotStep.Hold hold -> moving(hold.reason(), hold.message());
      case SnapshotStep.Begin begin -> creating("");
      case SnapshotStep.StartJob start -> creating("");
      case SnapshotStep.Await await -> moving(await.reason(), await.message());
      case SnapshotStep.Watch watch -> creating(watch.message());
      case SnapshotStep.Retry retry ->
          moving(
              ConditionReason.Retrying,
              retry.reason()
                  + ": "
                  + retry.message()
                  + ". Try "
                  + retry.next().number()
                  + " begins at "
                  + retry.next().notBefore());
      case SnapshotStep.Succeed succeed ->
          new Summary(State.READY, ConditionReason.Succeeded, "The snapshot is ready to use");
      case SnapshotStep.Fail fail -> new Summary(State.STUCK, fail.reason(), fail.message());
      case SnapshotStep.Settled settled -> kept(before);
    };
  }

  /** What was said when the snapshot was settled stays said. */
  private static Summary kept(VMSnapshotStatus before) {
    Condition ready = Conditions.find(before.conditions(), ConditionType.Ready).orElseThrow();
    return new Summary(
        ready.holds() ? State.READY : State.STUCK,
        ConditionReason.valueOf(ready.reason()),
        ready.message());
  }

  private static Summary creating(String detail) {
    return moving(
        ConditionReason.Creating,
        detail.isEmpty() ? "The snapshot is being taken" : "The job waits: " + detail);
  }

  private static Summary moving(ConditionReason reason, String message) {
    return new Summary(State.MOVING, reason, message);
  }
}
