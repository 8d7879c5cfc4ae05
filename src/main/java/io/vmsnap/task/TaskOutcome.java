package io.vmsnap.task;

/**
 * What a job leaves in its container's termination message.
 *
 * @param reason a CamelCase token, {@link TaskReason#Completed} on success
 * @param message prose: what happened, to which file, what to do
 * @param snapshot null unless a snapshot was made
 */
public record TaskOutcome(TaskReason reason, String message, SnapshotResult snapshot) {
  public boolean succeeded() {
    return reason == TaskReason.Completed;
  }
}
