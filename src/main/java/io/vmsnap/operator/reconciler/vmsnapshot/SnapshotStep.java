package io.vmsnap.operator.reconciler.vmsnapshot;

import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Attempt;
import io.vmsnap.operator.status.Violation;
import io.vmsnap.task.SnapshotResult;
import java.time.Instant;
import java.util.List;

/**
 * What to do about a snapshot next. Each step is one act at most, and doing it twice is harmless.
 */
sealed interface SnapshotStep {
  /** The spec breaks rules, and nothing was begun. */
  record Refuse(List<Violation> violations) implements SnapshotStep {}

  /** Wait for the machine, or for its turn. */
  record Hold(ConditionReason reason, String message) implements SnapshotStep {}

  /** Record the first try, before its job exists. */
  record Begin(Attempt attempt) implements SnapshotStep {}

  /** Create the recorded try's job. */
  record StartJob(Attempt attempt) implements SnapshotStep {}

  /** The recorded try's job may not begin yet, or has nothing to run on. */
  record Await(ConditionReason reason, String message, Instant until) implements SnapshotStep {}

  /** The job waits or runs. */
  record Watch(String message) implements SnapshotStep {}

  /** Record another try after one that failed. */
  record Retry(Attempt next, ConditionReason reason, String message) implements SnapshotStep {}

  /** The snapshot is there. */
  record Succeed(SnapshotResult result) implements SnapshotStep {}

  /** It never will be. */
  record Fail(ConditionReason reason, String message) implements SnapshotStep {}

  /**
   * It was settled before; its job goes when its time is up.
   *
   * @param jobExpires when to look again; null if there is no job to remove later
   */
  record Settled(boolean removeJob, Instant jobExpires) implements SnapshotStep {}
}
