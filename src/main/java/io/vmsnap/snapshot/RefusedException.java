package io.vmsnap.snapshot;

import io.vmsnap.task.TaskReason;

/** A request that is not served, and why; the directory is as it was. */
public final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;
  private final TaskReason reason;

  public RefusedException(TaskReason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public RefusedException(TaskReason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public TaskReason reason() {
    return reason;
  }
}
