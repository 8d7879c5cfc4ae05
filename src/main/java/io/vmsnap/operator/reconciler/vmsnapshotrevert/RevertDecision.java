package io.vmsnap.operator.reconciler.vmsnapshotrevert;

import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.DurationText;
import io.vmsnap.api.v1alpha1.Names;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertSpec.IfRunning;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertStatus.Phase;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.operation.MachineReadiness;
import io.vmsnap.operator.operation.OperationQueue;
import io.vmsnap.operator.operation.Operations;
import io.vmsnap.operator.operation.RequestHash;
import io.vmsnap.operator.operation.Tries;
import io.vmsnap.operator.operation.Tries.Ground;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;

/** Decides from what was observed, without side effects. */
final class RevertDecision {
  private final int maxAttempts;
  private final Duration jobTtl;

  /**
   * @param maxAttempts tries in all
   * @param jobTtl how long a finished revert's job stays
   */
  RevertDecision(int maxAttempts, Duration jobTtl) {
    this.maxAttempts = maxAttempts;
    this.jobTtl = jobTtl;
  }

  RevertStep decide(VMSnapshotRevert revert, RevertObservation seen, Instant now) {
    VMSnapshotRevertStatus status = revert.getStatus();
    Phase phase = status == null || status.phase() == null ? Phase.Pending : status.phase();
    return switch (phase) {
      case Pending -> waiting(revert, seen, now);
      case Saving -> saving(revert, seen, now);
      case Reverting ->
          new RevertStep.Work(
              tries(revert).decide(status.attempt(), seen.outcome(), ground(revert, seen), now));
      case Succeeded, Failed -> settled(revert, seen, now);
    };
  }

  private static RevertStep waiting(VMSnapshotRevert revert, RevertObservation seen, Instant now) {
    if (!seen.violations().isEmpty()) {
      return new RevertStep.Refuse(seen.violations());
    }
    return wasServed(revert, seen)
        .or(() -> notReady(revert, seen))
        .or(() -> target(revert, seen))
        .or(() -> running(revert, seen))
        .or(() -> notItsTurn(revert, seen))
        .orElseGet(() -> begin(revert, seen, now));
  }

  /**
   * Nobody who puts an old resource back, as a restored etcd does, may revert the machine again.
   */
  private static Optional<RevertStep> wasServed(VMSnapshotRevert revert, RevertObservation seen) {
    return seen.vm()
        .map(VirtualMachine::getStatus)
        .filter(status -> status.lastRevert() != null)
        .filter(status -> status.lastRevert().uid().equals(revert.getMetadata().getUid()))
        .map(
            status ->
                new RevertStep.Refused(
                    ConditionReason.InvalidRequest,
                    "This revert took place at "
                        + status.lastRevert().completionTime()
                        + ", and is not served again: create another"));
  }

  private static Optional<RevertStep> notReady(VMSnapshotRevert revert, RevertObservation seen) {
    return MachineReadiness.obstacle(revert.getSpec().vmName(), seen.vm())
        .map(obstacle -> new RevertStep.Hold(obstacle.reason(), obstacle.message()));
  }

  private static Optional<RevertStep> target(VMSnapshotRevert revert, RevertObservation seen) {
    String name = revert.getSpec().snapshotName();
    Optional<VMSnapshot> found = seen.snapshot(name);
    if (found.isEmpty()) {
      return Optional.of(
          new RevertStep.Hold(
              ConditionReason.WaitingForSnapshot,
              "There is no VMSnapshot "
                  + name
                  + " of VirtualMachine "
                  + revert.getSpec().vmName()));
    }
    VMSnapshot snapshot = found.get();
    if (snapshot.getMetadata().getDeletionTimestamp() != null) {
      return refused("VMSnapshot " + name + " is being deleted");
    }
    VMSnapshotStatus status = snapshot.getStatus();
    if (status == null || status.phase() == null || !status.phase().isFinal()) {
      return Optional.of(
          new RevertStep.Hold(
              ConditionReason.VMBusy, "Waits for VMSnapshot " + name + " to be taken"));
    }
    return status.phase() == VMSnapshotStatus.Phase.Ready
        ? Optional.empty()
        : refused(
            "VMSnapshot " + name + " is " + status.phase() + ": there is nothing to return to");
  }

  private static Optional<RevertStep> refused(String message) {
    return Optional.of(new RevertStep.Refused(ConditionReason.SnapshotUnusable, message));
  }

  private static Optional<RevertStep> running(VMSnapshotRevert revert, RevertObservation seen) {
    IfRunning wish = revert.getSpec().ifRunning();
    if (wish == IfRunning.Stop || !MachineReadiness.isOn(seen.vm().orElseThrow())) {
      return Optional.empty();
    }
    String message = "VirtualMachine " + revert.getSpec().vmName() + " runs";
    return Optional.of(
        wish == IfRunning.Wait
            ? new RevertStep.Hold(ConditionReason.VMRunning, message + ": power it off")
            : new RevertStep.Refused(
                ConditionReason.VMRunning, message + ", and spec.ifRunning is Fail"));
  }

  private static Optional<RevertStep> notItsTurn(VMSnapshotRevert revert, RevertObservation seen) {
    return Operations.of(revert)
        .flatMap(self -> OperationQueue.before(self, seen.operations()))
        .map(
            earlier ->
                new RevertStep.Hold(
                    ConditionReason.VMBusy,
                    "Waits for " + earlier.name() + " of the same machine"));
  }

  private static RevertStep begin(VMSnapshotRevert revert, RevertObservation seen, Instant now) {
    long uid = uid(revert, seen);
    return revert.getSpec().saveCurrentState()
        ? new RevertStep.BeginSaving(savedName(revert), uid)
        : first(revert, uid, now);
  }

  private static RevertStep first(VMSnapshotRevert revert, long uid, Instant now) {
    return new RevertStep.Begin(
        Tries.first(
            OperationKind.Revert,
            revert.getMetadata().getUid(),
            "",
            RequestHash.of(revert.getSpec()),
            now),
        uid);
  }

  private static RevertStep saving(VMSnapshotRevert revert, RevertObservation seen, Instant now) {
    String name = revert.getStatus().savedSnapshot();
    Optional<VMSnapshot> saved = seen.snapshot(name);
    if (saved.isEmpty()) {
      return seen.vm()
          .<RevertStep>map(vm -> new RevertStep.Save(name, MachineReadiness.isOn(vm)))
          .orElseGet(
              () ->
                  new RevertStep.Refused(
                      ConditionReason.WaitingForVM,
                      "VirtualMachine " + revert.getSpec().vmName() + " is gone"));
    }
    if (!revert
        .getMetadata()
        .getUid()
        .equals(Operations.annotation(saved.get(), Annotations.SAVED_BY))) {
      return new RevertStep.Refused(
          ConditionReason.NameTaken,
          "VMSnapshot " + name + " exists and was not made for this revert: delete or rename it");
    }
    VMSnapshotStatus status = saved.get().getStatus();
    if (status == null || status.phase() == null || !status.phase().isFinal()) {
      return new RevertStep.AwaitSaved("VMSnapshot " + name + " is being taken");
    }
    if (status.phase() != VMSnapshotStatus.Phase.Ready) {
      return new RevertStep.Refused(
          ConditionReason.SavingFailed,
          "VMSnapshot " + name + " could not be taken; the machine is as before");
    }
    return target(revert, seen)
        .or(() -> notReady(revert, seen))
        .orElseGet(() -> first(revert, uid(revert, seen), now));
  }

  private static Ground ground(VMSnapshotRevert revert, RevertObservation seen) {
    if (!seen.violations().isEmpty()) {
      // the task would be made from another spec than the accepted one
      return Ground.broken(seen.violations());
    }
    return seen.vm().isPresent()
        ? new Ground.Firm()
        : new Ground.Missing(
            ConditionReason.WaitingForVM,
            "VirtualMachine " + revert.getSpec().vmName() + " is gone");
  }

  private RevertStep settled(VMSnapshotRevert revert, RevertObservation seen, Instant now) {
    Instant ended = Instant.parse(revert.getStatus().completionTime());
    Integer ttl = revert.getSpec().ttlSecondsAfterFinished();
    Instant resourceEnds = ttl == null ? Instant.MAX : ended.plusSeconds(ttl);
    Instant jobEnds = seen.job().isPresent() ? ended.plus(jobTtl) : Instant.MAX;
    Instant next =
        Stream.of(resourceEnds, jobEnds)
            .filter(time -> time.isAfter(now) && time.isBefore(Instant.MAX))
            .min(Instant::compareTo)
            .orElse(null);
    return new RevertStep.Settled(
        !now.isBefore(jobEnds), noted(revert, seen) && !now.isBefore(resourceEnds), next);
  }

  /** The machine's status remembers the revert when the resource is gone. */
  private static boolean noted(VMSnapshotRevert revert, RevertObservation seen) {
    return revert.getStatus().phase() == Phase.Failed
        || seen.vm().isEmpty()
        || seen.vm().get().getStatus() != null
            && seen.vm().get().getStatus().lastRevert() != null
            && seen.vm()
                    .get()
                    .getStatus()
                    .lastRevert()
                    .completionTime()
                    .compareTo(revert.getStatus().completionTime())
                >= 0;
  }

  private static long uid(VMSnapshotRevert revert, RevertObservation seen) {
    return seen.snapshot(revert.getSpec().snapshotName()).orElseThrow().getStatus().uid();
  }

  static String savedName(VMSnapshotRevert revert) {
    return revert.getMetadata().getName() + Names.SAVED_SUFFIX;
  }

  Tries tries(VMSnapshotRevert revert) {
    return new Tries(maxAttempts, DurationText.parse(revert.getSpec().timeout()));
  }
}
