package io.vmsnap.snapshot;

import io.vmsnap.disk.DiskException;
import io.vmsnap.disk.UnsupportedDiskException;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.storage.UnsafeNameException;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.DamagedFileException;
import io.vmsnap.vmdir.NotPreparableException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;

/** The reason token for a failure, by its type alone. */
public final class FailureReason {
  private FailureReason() {}

  public static TaskReason of(Exception failure) {
    return switch (failure) {
      case RefusedException e -> e.reason();
      case NotPreparableException e -> e.reason();
      case LockLostException e -> TaskReason.VMBusy;
      case HypervisorException e -> TaskReason.HypervisorFailed;
      case UnsupportedDiskException e -> TaskReason.DiskNotSupported;
      case DiskException e -> TaskReason.DirectoryDamaged;
      case DamagedFileException e -> TaskReason.DirectoryDamaged;
      case UnsafeNameException e -> TaskReason.DirectoryDamaged;
      case NoSuchFileException e -> TaskReason.DirectoryDamaged;
      case IOException e -> TaskReason.StorageFailed;
      default -> TaskReason.InternalError;
    };
  }

  /** Prose for a failure: what went wrong, with which file. */
  public static String message(Exception failure) {
    String text = failure.getMessage();
    return switch (failure) {
      case NoSuchFileException e -> text + ": does not exist";
      case IOException e when text != null -> text;
      case RefusedException e -> text;
      case NotPreparableException e -> text;
      default -> failure.toString();
    };
  }
}
