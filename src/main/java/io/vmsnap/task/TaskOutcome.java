package io.vmsnap.task;

/**
 * What a job leaves in its container's termination message: a reason, and on success the result of
 * the operation it did; the results of other operations are null.
 *
 * @param reason a CamelCase token, {@link TaskReason#Completed} on success
 * @param message prose: what happened, to which file, what to do
 * @param snapshot of {@code vmsnap job create}
 * @param revert of {@code vmsnap job revert}
 * @param delete of {@code vmsnap job delete} and {@code vmsnap job consolidate}
 */
public record TaskOutcome(
    TaskReason reason,
    String message,
    SnapshotResult snapshot,
    RevertResult revert,
    DeleteResult delete) {

  /** An outcome without a result. */
  public TaskOutcome(TaskReason reason, String message) {
    this(reason, message, null, null, null);
  }

  public static TaskOutcome completed(String message, SnapshotResult snapshot) {
    return new TaskOutcome(TaskReason.Completed, message, snapshot, null, null);
  }

  public static TaskOutcome completed(String message, RevertResult revert) {
    return new TaskOutcome(TaskReason.Completed, message, null, revert, null);
  }

  public static TaskOutcome completed(String message, DeleteResult delete) {
    return new TaskOutcome(TaskReason.Completed, message, null, null, delete);
  }

  public boolean succeeded() {
    return reason == TaskReason.Completed;
  }
}
