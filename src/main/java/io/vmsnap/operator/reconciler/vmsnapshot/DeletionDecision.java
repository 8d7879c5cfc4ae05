package io.vmsnap.operator.reconciler.vmsnapshot;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.ApiGroup;
import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotSpec.DeletionPolicy;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Phase;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.operation.JobObservation;
import io.vmsnap.operator.operation.Operations;
import io.vmsnap.operator.operation.RequestHash;
import io.vmsnap.operator.operation.Tries;
import io.vmsnap.operator.operation.Tries.Ground;
import java.time.Duration;
import java.time.Instant;

/**
 * Decides about a snapshot whose resource is being deleted. A merge resumes where it was, so it is
 * tried without end; but the resource is let go as soon as a merge can no longer matter.
 */
final class DeletionDecision {
  /** A merge of the largest disk at 30 MiB/s takes less than a day; the next try goes on. */
  static final Tries TRIES = new Tries(Integer.MAX_VALUE, Duration.ofDays(3650));

  static final Duration TRY = Duration.ofHours(24);

  /** Between a failure that a person should look at and the next try. */
  static final Duration PAUSE = Duration.ofMinutes(5);

  /** How long the machine's status may take to note a deletion. */
  private static final Duration LINGER = Duration.ofSeconds(30);

  private final SnapshotDecision creation;

  /**
   * @param creation decides about a snapshot that is still being taken
   */
  DeletionDecision(SnapshotDecision creation) {
    this.creation = creation;
  }

  SnapshotStep decide(VMSnapshot snapshot, SnapshotObservation seen, Instant now) {
    VMSnapshotStatus status = snapshot.getStatus();
    if (status == null || status.phase() == null || status.phase() == Phase.Pending) {
      return new SnapshotStep.Release("nothing was begun");
    }
    if (machineIsGone(snapshot, seen)) {
      return new SnapshotStep.Release("the machine is gone");
    }
    if (status.phase() == Phase.Creating) {
      return neverStarted(status.attempt(), seen)
          ? new SnapshotStep.Release("no job was made")
          : creation.decide(snapshot, seen, now);
    }
    if (status.phase() == Phase.Deleted) {
      Instant until = Instant.parse(status.deletion().completionTime()).plus(LINGER);
      return seen.tree().find(status.uid()).isEmpty() || !now.isBefore(until)
          ? new SnapshotStep.Release("the snapshot is deleted")
          : new SnapshotStep.Linger(until);
    }
    // the history forgets a snapshot first, and merges afterwards: without the resource the job,
    // which
    // it owns, would be ended in the middle
    boolean working = status.attempt() != null && status.attempt().isOpen(OperationKind.Delete);
    if (status.uid() == null || !working && seen.tree().hasLost(status.uid())) {
      return new SnapshotStep.Release("there is no snapshot");
    }
    if (snapshot.getSpec().deletionPolicy() == DeletionPolicy.Retain) {
      return new SnapshotStep.Release("the snapshot is retained");
    }
    return merging(snapshot, seen, now);
  }

  private static SnapshotStep merging(VMSnapshot snapshot, SnapshotObservation seen, Instant now) {
    Attempt attempt = snapshot.getStatus().attempt();
    if (attempt != null && attempt.isOpen(OperationKind.Delete)) {
      return new SnapshotStep.Work(
          OperationKind.Delete, TRIES.decide(attempt, seen.outcome(), new Ground.Firm(), now));
    }
    boolean failed = attempt != null && attempt.operation() == OperationKind.Delete;
    if (failed && now.isBefore(Instant.parse(attempt.notBefore()))) {
      return new SnapshotStep.Pause(Instant.parse(attempt.notBefore()));
    }
    return SnapshotDecision.hold(OperationKind.Delete, snapshot, seen)
        .orElseGet(() -> new SnapshotStep.Begin(failed ? reopened(attempt) : first(snapshot, now)));
  }

  private static Attempt first(VMSnapshot snapshot, Instant now) {
    return Tries.first(
        OperationKind.Delete,
        snapshot.getMetadata().getUid(),
        "-delete",
        RequestHash.ofDeletion(snapshot.getStatus().uid(), withDescendants(snapshot)),
        now);
  }

  /**
   * The try after a failure for good, which is one until somebody makes space, say. It waits as
   * ended, so that it holds up no other operation.
   */
  static Attempt afterFailure(Attempt failed, Instant now) {
    return Tries.next(failed, now.plus(PAUSE)).end();
  }

  private static Attempt reopened(Attempt ended) {
    return new Attempt(
        ended.operation(),
        ended.number(),
        ended.job(),
        ended.startTime(),
        ended.notBefore(),
        ended.requestHash(),
        null);
  }

  /** Whether a try was recorded as one that takes the descendants too. */
  static boolean withDescendants(Attempt attempt, Long uid) {
    return attempt.requestHash().equals(RequestHash.ofDeletion(uid, true));
  }

  private static boolean withDescendants(VMSnapshot snapshot) {
    return "true".equals(Operations.annotation(snapshot, Annotations.DELETE_DESCENDANTS));
  }

  /** Without a job there is nothing in the directory, unless an earlier try's fate is unknown. */
  private static boolean neverStarted(Attempt attempt, SnapshotObservation seen) {
    return attempt.number() == 1 && seen.outcome() instanceof JobObservation.Absent;
  }

  /**
   * Whether the machine that the snapshot was taken of is gone or goes. A new one of its name may
   * have the same directory, but its snapshots are not this resource's to delete.
   */
  private static boolean machineIsGone(VMSnapshot snapshot, SnapshotObservation seen) {
    if (seen.vm().isEmpty()) {
      return true;
    }
    VirtualMachine vm = seen.vm().get();
    return vm.getMetadata().getDeletionTimestamp() != null
        || snapshot.getMetadata().getOwnerReferences().stream()
            .filter(DeletionDecision::namesAMachine)
            .anyMatch(owner -> !owner.getUid().equals(vm.getMetadata().getUid()));
  }

  private static boolean namesAMachine(OwnerReference owner) {
    return owner.getKind().equals("VirtualMachine")
        && owner.getApiVersion().startsWith(ApiGroup.NAME + "/");
  }
}
