package io.vmsnap.operator.reconciler.vmsnapshot;

import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.SnapshotEntry;
import io.vmsnap.operator.operation.JobStep;
import io.vmsnap.operator.status.Violation;
import java.time.Instant;
import java.util.List;

/**
 * What to do about a snapshot next. Each step is one act at most, and doing it twice is harmless.
 */
sealed interface SnapshotStep {
  /** The spec breaks rules, and nothing was begun. */
  record Refuse(List<Violation> violations) implements SnapshotStep {}

  /** An operation waits for the machine, or for its turn. */
  record Hold(OperationKind kind, ConditionReason reason, String message) implements SnapshotStep {}

  /** Record the first try of an operation, before its job exists. */
  record Begin(Attempt attempt) implements SnapshotStep {}

  /** An operation whose attempt is recorded. */
  record Work(OperationKind kind, JobStep job) implements SnapshotStep {}

  /** The operation will never be: what it asks for is against a limit. */
  record Refused(ConditionReason reason, String message) implements SnapshotStep {}

  /** Stand for a snapshot that is in the directory already. */
  record Import(SnapshotEntry entry) implements SnapshotStep {}

  /**
   * Nothing to do; the last job goes when its time is up.
   *
   * @param vanished whether the directory has lost the snapshot
   * @param jobExpires when to look again; null if there is no job to remove later
   */
  record Settled(boolean vanished, boolean removeJob, Instant jobExpires) implements SnapshotStep {}

  /** A deletion failed; it is tried again later, or when the spec changes. */
  record Pause(Instant until) implements SnapshotStep {}

  /** The snapshot is out of the directory; the machine's status takes note before it is let go. */
  record Linger(Instant until) implements SnapshotStep {}

  /** Nothing holds the resource back from deletion. */
  record Release(String why) implements SnapshotStep {}
}
