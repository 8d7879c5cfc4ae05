package io.vmsnap.operator.reconciler.vmsnapshot;

import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.config.OperatorConfig;
import io.vmsnap.operator.dependent.OperationJob;
import io.vmsnap.operator.dependent.Tasks;
import io.vmsnap.operator.operation.JobStep;
import io.vmsnap.operator.reconciler.Children;
import java.time.Duration;
import java.util.List;
import org.jboss.logging.Logger;

/** Does what was decided about a snapshot: at most one write to the API server. */
final class SnapshotActs {
  private static final Logger LOG = Logger.getLogger(SnapshotActs.class);

  private final OperatorConfig config;
  private final SnapshotDecision decision;

  SnapshotActs(OperatorConfig config, SnapshotDecision decision) {
    this.config = config;
    this.decision = decision;
  }

  void act(VMSnapshot snapshot, SnapshotObservation seen, SnapshotStep step, Children children) {
    switch (step) {
      case SnapshotStep.Work work -> act(snapshot, seen, work, children);
      case SnapshotStep.Settled settled when settled.removeJob() ->
          seen.job().ifPresent(children::delete);
      case SnapshotStep.Settled settled -> {}
      case SnapshotStep.Refuse refuse -> {}
      case SnapshotStep.Hold hold -> {}
      case SnapshotStep.Begin begin -> {}
      case SnapshotStep.Refused refused -> log(snapshot, "refused", refused.message());
      case SnapshotStep.Import found -> log(snapshot, "imported", "uid=" + found.entry().uid());
      case SnapshotStep.Pause pause -> {}
      case SnapshotStep.Linger linger -> {}
      case SnapshotStep.Release release -> {}
    }
  }

  private void act(
      VMSnapshot snapshot, SnapshotObservation seen, SnapshotStep.Work work, Children children) {
    switch (work.job()) {
      case JobStep.Start start -> {
        children.apply(
            OperationJob.desired(
                request(snapshot, seen.vm().orElseThrow(), start.attempt()), config));
        log(snapshot, "job created", start.attempt().job());
      }
      case JobStep.Done done when work.kind() == OperationKind.Delete -> {
        log(snapshot, "snapshot deleted", "uids=" + done.outcome().delete().removedUids());
        releaseOthers(snapshot, done.outcome().delete().removedUids(), seen, children);
      }
      case JobStep.Done done -> log(snapshot, "job done", work.kind().name());
      case JobStep.Retry retry -> log(snapshot, "job failed", retry.message());
      case JobStep.Fail fail -> log(snapshot, "given up", fail.message());
      case JobStep.Await await -> {}
      case JobStep.Watch watch -> {}
    }
  }

  /** The descendants that went with a snapshot: their resources stand for nothing any more. */
  private static void releaseOthers(
      VMSnapshot snapshot, List<Long> removed, SnapshotObservation seen, Children children) {
    seen.siblings().stream()
        .filter(other -> !other.getMetadata().getUid().equals(snapshot.getMetadata().getUid()))
        .filter(other -> other.getMetadata().getDeletionTimestamp() == null)
        .filter(other -> other.getStatus() != null && removed.contains(other.getStatus().uid()))
        .forEach(children::delete);
  }

  private OperationJob.Request request(VMSnapshot snapshot, VirtualMachine vm, Attempt attempt) {
    return switch (attempt.operation()) {
      case Delete -> {
        boolean descendants = DeletionDecision.withDescendants(attempt, snapshot.getStatus().uid());
        yield new OperationJob.Request(
            snapshot,
            vm,
            attempt,
            Tasks.delete(snapshot, vm, descendants, DeletionDecision.TRY),
            DeletionDecision.TRY);
      }
      case Describe -> {
        Duration remaining = decision.descriptionTries().remaining(attempt);
        yield new OperationJob.Request(
            snapshot, vm, attempt, Tasks.describe(snapshot, remaining), remaining);
      }
      case Create, Revert, Suspend, Consolidate -> {
        Duration remaining = decision.tries(snapshot).remaining(attempt);
        yield new OperationJob.Request(
            snapshot, vm, attempt, Tasks.create(snapshot, vm, remaining), remaining);
      }
    };
  }

  private static void log(VMSnapshot snapshot, String what, String detail) {
    log(LOG, snapshot, what, detail);
  }

  static void log(Logger log, VMSnapshot snapshot, String what, String detail) {
    log.infof(
        "%s snapshot=%s/%s vm=%s detail=%s",
        what,
        snapshot.getMetadata().getNamespace(),
        snapshot.getMetadata().getName(),
        snapshot.getSpec().vmName(),
        detail);
  }
}
