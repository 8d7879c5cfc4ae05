package io.vmsnap.operator.reconciler.vmsnapshotrevert;

import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertStatus;
import io.vmsnap.operator.operation.JobStep;
import io.vmsnap.operator.status.Conditions;
import io.vmsnap.operator.status.Reasons;
import io.vmsnap.operator.status.Summary;
import io.vmsnap.operator.status.Violation;
import java.time.Instant;
import java.util.List;

/** A revert's conditions. Each step gives a summary; Ready, Reconciling and Stalled follow. */
final class RevertConditions {
  private RevertConditions() {}

  static List<Condition> of(VMSnapshotRevert revert, RevertStep step, Instant now) {
    VMSnapshotRevertStatus before = revert.getStatus();
    Conditions next =
        new Conditions(
            before == null ? null : before.conditions(), revert.getMetadata().getGeneration(), now);
    Summary summary = summary(before, step);
    summary.addReady(next);
    summary.addReconciling(next);
    summary.addStalled(next);
    return next.list();
  }

  private static Summary summary(VMSnapshotRevertStatus before, RevertStep step) {
    return switch (step) {
      case RevertStep.Refuse refuse ->
          Summary.stuck(ConditionReason.InvalidSpec, Violation.list(refuse.violations()));
      case RevertStep.Hold hold -> Summary.moving(hold.reason(), hold.message());
      case RevertStep.Refused refused -> Summary.stuck(refused.reason(), refused.message());
      case RevertStep.BeginSaving begin ->
          Summary.moving(ConditionReason.Saving, "The state that is being left is saved first");
      case RevertStep.Save save ->
          Summary.moving(ConditionReason.Saving, "The state that is being left is saved first");
      case RevertStep.AwaitSaved await -> Summary.moving(ConditionReason.Saving, await.message());
      case RevertStep.Begin begin -> reverting("");
      case RevertStep.Work work -> worked(work.job());
      case RevertStep.Settled settled -> kept(before);
    };
  }

  private static Summary worked(JobStep job) {
    return switch (job) {
      case JobStep.Start start -> reverting("");
      case JobStep.Watch watch -> reverting(watch.message());
      case JobStep.Await await -> Summary.moving(await.reason(), await.message());
      case JobStep.Retry retry ->
          Summary.moving(
              ConditionReason.Retrying,
              retry.reason()
                  + ": "
                  + retry.message()
                  + ". Try "
                  + retry.next().number()
                  + " begins at "
                  + retry.next().notBefore());
      case JobStep.Done done ->
          Summary.ready(
              "The machine was reverted to snapshot " + done.outcome().revert().snapshotUid());
      case JobStep.Fail fail -> Summary.stuck(fail.reason(), fail.message());
    };
  }

  /** What was said at the end stays said. */
  private static Summary kept(VMSnapshotRevertStatus before) {
    Condition ready = Conditions.find(before.conditions(), ConditionType.Ready).orElseThrow();
    return ready.holds()
        ? Summary.ready(ready.message())
        : Summary.stuck(Reasons.of(ready.reason(), ConditionReason.JobFailed), ready.message());
  }

  private static Summary reverting(String detail) {
    return Summary.moving(
        ConditionReason.Reverting,
        detail.isEmpty() ? "The machine is being reverted" : "The job waits: " + detail);
  }
}
