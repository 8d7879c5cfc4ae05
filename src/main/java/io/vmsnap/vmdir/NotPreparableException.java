package io.vmsnap.vmdir;

import io.vmsnap.task.TaskReason;

/** The directory and the machine's definition contradict each other; nothing was overwritten. */
public final class NotPreparableException extends Exception {
  private static final long serialVersionUID = 1L;
  private final TaskReason reason;

  public NotPreparableException(TaskReason reason, String message) {
    super(message);
    this.reason = reason;
  }

  static NotPreparableException invalid(String message) {
    return new NotPreparableException(TaskReason.InvalidRequest, message);
  }

  public TaskReason reason() {
    return reason;
  }
}
