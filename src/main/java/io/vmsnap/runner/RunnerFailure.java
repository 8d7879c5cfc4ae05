package io.vmsnap.runner;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.UnsupportedDiskException;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.snapshot.RefusedException;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.DamagedFileException;
import io.vmsnap.vmdir.NotPreparableException;
import java.io.IOException;

/** Why the runner ends without having run the machine to its end. */
final class RunnerFailure extends Exception {
  private static final long serialVersionUID = 1L;
  private final TaskReason reason;

  RunnerFailure(TaskReason reason, String message) {
    this(reason, message, null);
  }

  RunnerFailure(TaskReason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** Gives a failure of any layer its reason. */
  static RunnerFailure of(Exception failure) {
    TaskReason reason =
        switch (failure) {
          case RunnerFailure known -> known.reason;
          case NotPreparableException known -> known.reason();
          case RefusedException known -> known.reason();
          case HypervisorException known -> TaskReason.HypervisorFailed;
          case DamagedFileException known -> TaskReason.DirectoryDamaged;
          case CorruptDiskException known -> TaskReason.DirectoryDamaged;
          case UnsupportedDiskException known -> TaskReason.DiskNotSupported;
          case IOException known -> TaskReason.StorageFailed;
          default -> TaskReason.InternalError;
        };
    if (failure instanceof RunnerFailure known) {
      return known;
    }
    String message = failure.getMessage();
    boolean prose = message != null && message.contains(" ");
    return new RunnerFailure(reason, prose ? message : failure.toString(), failure);
  }

  TaskReason reason() {
    return reason;
  }

  TaskOutcome outcome() {
    return new TaskOutcome(reason, getMessage());
  }
}
