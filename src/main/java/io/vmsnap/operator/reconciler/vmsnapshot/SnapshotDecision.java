package io.vmsnap.operator.reconciler.vmsnapshot;

import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.DurationText;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.SnapshotEntry;
import io.vmsnap.operator.operation.MachineReadiness;
import io.vmsnap.operator.operation.Operation;
import io.vmsnap.operator.operation.OperationQueue;
import io.vmsnap.operator.operation.Operations;
import io.vmsnap.operator.operation.RequestHash;
import io.vmsnap.operator.operation.Tries;
import io.vmsnap.operator.operation.Tries.Ground;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/** Decides about a snapshot that is to be, or is, from what was observed; no side effects. */
final class SnapshotDecision {
  private static final Duration DESCRIBE_TIMEOUT = Duration.ofMinutes(10);

  private final int maxAttempts;
  private final Duration jobTtl;

  /**
   * @param maxAttempts tries in all
   * @param jobTtl how long a settled snapshot's job stays
   */
  SnapshotDecision(int maxAttempts, Duration jobTtl) {
    this.maxAttempts = maxAttempts;
    this.jobTtl = jobTtl;
  }

  SnapshotStep decide(VMSnapshot snapshot, SnapshotObservation seen, Instant now) {
    VMSnapshotStatus status = snapshot.getStatus();
    if (status == null || status.phase() == null) {
      return waiting(snapshot, seen, now);
    }
    return switch (status.phase()) {
      case Pending -> waiting(snapshot, seen, now);
      case Creating -> creating(snapshot, seen, now);
      case Ready, Deleting, Deleted, Failed -> taken(snapshot, seen, now);
    };
  }

  private SnapshotStep waiting(VMSnapshot snapshot, SnapshotObservation seen, Instant now) {
    if (!seen.violations().isEmpty()) {
      return new SnapshotStep.Refuse(seen.violations());
    }
    if (Operations.isImport(snapshot)) {
      return importing(snapshot, seen);
    }
    Optional<SnapshotStep> hold = hold(OperationKind.Create, snapshot, seen);
    if (hold.isPresent()) {
      return hold.get();
    }
    int most = seen.vm().orElseThrow().getSpec().snapshotPolicy().maxSnapshots();
    int found = seen.tree().entries().size();
    if (found >= most) {
      return new SnapshotStep.Refused(
          ConditionReason.TooManySnapshots,
          "The directory has "
              + found
              + " snapshots, and snapshotPolicy.maxSnapshots of VirtualMachine "
              + snapshot.getSpec().vmName()
              + " is "
              + most
              + ": delete some, or raise it");
    }
    return new SnapshotStep.Begin(
        Tries.first(
            OperationKind.Create,
            snapshot.getMetadata().getUid(),
            "",
            RequestHash.of(snapshot.getSpec()),
            now));
  }

  private static SnapshotStep importing(VMSnapshot snapshot, SnapshotObservation seen) {
    if (seen.vm().isEmpty()) {
      return hold(
          OperationKind.Create,
          ConditionReason.WaitingForVM,
          "There is no VirtualMachine " + snapshot.getSpec().vmName() + " here");
    }
    long uid = Long.parseLong(Operations.annotation(snapshot, Annotations.IMPORT));
    Optional<VMSnapshot> owner =
        seen.siblings().stream()
            .filter(
                sibling -> !sibling.getMetadata().getUid().equals(snapshot.getMetadata().getUid()))
            .filter(sibling -> sibling.getStatus() != null)
            .filter(sibling -> Objects.equals(sibling.getStatus().uid(), uid))
            .findFirst();
    if (owner.isPresent()) {
      return new SnapshotStep.Refused(
          ConditionReason.AlreadyManaged,
          "VMSnapshot "
              + owner.get().getMetadata().getName()
              + " stands for the snapshot of uid "
              + uid
              + " already");
    }
    if (!seen.tree().isKnown()) {
      return hold(
          OperationKind.Create,
          ConditionReason.WaitingForDirectory,
          "The directory is looked at when VirtualMachine "
              + snapshot.getSpec().vmName()
              + " runs");
    }
    Optional<SnapshotEntry> entry = seen.tree().find(uid);
    return entry
        .<SnapshotStep>map(SnapshotStep.Import::new)
        .orElseGet(
            () ->
                hold(
                    OperationKind.Create,
                    ConditionReason.SnapshotNotFound,
                    "The directory has no snapshot of uid " + uid));
  }

  private SnapshotStep creating(VMSnapshot snapshot, SnapshotObservation seen, Instant now) {
    return new SnapshotStep.Work(
        OperationKind.Create,
        tries(snapshot)
            .decide(snapshot.getStatus().attempt(), seen.outcome(), ground(snapshot, seen), now));
  }

  /** What a try can be made from: the accepted spec, and a machine. */
  private static Ground ground(VMSnapshot snapshot, SnapshotObservation seen) {
    if (!seen.violations().isEmpty()) {
      // the task would be made from another spec than the accepted one
      return Ground.broken(seen.violations());
    }
    return seen.vm().isPresent()
        ? new Ground.Firm()
        : new Ground.Missing(
            ConditionReason.WaitingForVM,
            "VirtualMachine " + snapshot.getSpec().vmName() + " is gone");
  }

  private SnapshotStep taken(VMSnapshot snapshot, SnapshotObservation seen, Instant now) {
    VMSnapshotStatus status = snapshot.getStatus();
    boolean vanished = seen.tree().hasLost(status.uid());
    Attempt attempt = status.attempt();
    if (!vanished && attempt != null && attempt.isOpen(OperationKind.Describe)) {
      return describing(snapshot, seen, now);
    }
    if (!vanished && Operations.wantsDescription(snapshot)) {
      return hold(OperationKind.Describe, snapshot, seen)
          .orElseGet(() -> beginDescription(snapshot, now));
    }
    Instant expires =
        status.completionTime() == null ? now : Instant.parse(status.completionTime()).plus(jobTtl);
    boolean jobLeft = seen.job().isPresent();
    boolean expired = !now.isBefore(expires);
    return new SnapshotStep.Settled(
        vanished, jobLeft && expired, jobLeft && !expired ? expires : null);
  }

  private SnapshotStep describing(VMSnapshot snapshot, SnapshotObservation seen, Instant now) {
    Attempt attempt = snapshot.getStatus().attempt();
    boolean changed = !attempt.requestHash().equals(RequestHash.ofDescription(snapshot.getSpec()));
    if (changed && seen.job().isEmpty()) {
      return beginDescription(snapshot, now);
    }
    return new SnapshotStep.Work(
        OperationKind.Describe,
        descriptionTries().decide(attempt, seen.outcome(), ground(snapshot, seen), now));
  }

  private static SnapshotStep beginDescription(VMSnapshot snapshot, Instant now) {
    return new SnapshotStep.Begin(
        Tries.first(
            OperationKind.Describe,
            snapshot.getMetadata().getUid(),
            "-describe-" + snapshot.getMetadata().getGeneration(),
            RequestHash.ofDescription(snapshot.getSpec()),
            now));
  }

  /** What keeps an operation from beginning, if anything does. */
  static Optional<SnapshotStep> hold(
      OperationKind kind, VMSnapshot snapshot, SnapshotObservation seen) {
    Optional<Operation> earlier =
        Operations.of(snapshot).flatMap(self -> OperationQueue.before(self, seen.operations()));
    // one that is not the next has no interest in a machine that still starts
    Optional<MachineReadiness.Obstacle> obstacle =
        MachineReadiness.obstacle(snapshot.getSpec().vmName(), seen.vm())
            .filter(o -> o.reason() != ConditionReason.VMNotReady || earlier.isEmpty());
    if (obstacle.isPresent()) {
      return Optional.of(hold(kind, obstacle.get().reason(), obstacle.get().message()));
    }
    return earlier
        .map(Operation::name)
        .map(
            name ->
                hold(kind, ConditionReason.VMBusy, "Waits for " + name + " of the same machine"));
  }

  private static SnapshotStep hold(OperationKind kind, ConditionReason reason, String message) {
    return new SnapshotStep.Hold(kind, reason, message);
  }

  Tries tries(VMSnapshot snapshot) {
    return new Tries(maxAttempts, DurationText.parse(snapshot.getSpec().timeout()));
  }

  Tries descriptionTries() {
    return new Tries(maxAttempts, DESCRIBE_TIMEOUT);
  }
}
