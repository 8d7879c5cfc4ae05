package io.vmsnap.operator.reconciler.vmsnapshotrevert;

import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.operator.operation.JobStep;
import io.vmsnap.operator.status.Violation;
import java.time.Instant;
import java.util.List;

/** What to do about a revert next. Each step is one act at most, and doing it twice is harmless. */
sealed interface RevertStep {
  /** The spec breaks rules, and nothing was begun. */
  record Refuse(List<Violation> violations) implements RevertStep {}

  /** Wait for the machine, the snapshot, or its turn. */
  record Hold(ConditionReason reason, String message) implements RevertStep {}

  /** It will never be: what it asks for cannot be had. */
  record Refused(ConditionReason reason, String message) implements RevertStep {}

  /** Record that it is this revert's turn, before the state that is being left is saved. */
  record BeginSaving(String snapshotName, long snapshotUid) implements RevertStep {}

  /**
   * Take a snapshot of the state that is being left.
   *
   * @param memory whether the machine runs, so that its memory belongs to that state
   */
  record Save(String snapshotName, boolean memory) implements RevertStep {}

  /** That snapshot is being taken. */
  record AwaitSaved(String message) implements RevertStep {}

  /** Record the first try, before its job exists. */
  record Begin(Attempt attempt, long snapshotUid) implements RevertStep {}

  /** The recorded try. */
  record Work(JobStep job) implements RevertStep {}

  /**
   * It has ended; nothing about it happens again. Its job goes when its time is up, and so does the
   * resource where the spec says when.
   *
   * @param next when to look again; null if nothing is left to remove
   */
  record Settled(boolean removeJob, boolean removeResource, Instant next) implements RevertStep {}
}
