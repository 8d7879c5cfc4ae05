package io.vmsnap.snapshot;

import io.vmsnap.disk.delta.DeltaLayout;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.DamagedFileException;

/** Whether the directory can take one more snapshot: depth, disks, space. */
final class CreateDirectoryCheck {
  private CreateDirectoryCheck() {}

  static void check(DirectoryState state, CreateSnapshotTask task) throws RefusedException {
    checkCount(state, task.maxSnapshots());
    checkDepth(state, task.maxDepth());
    checkDisks(state);
    checkSpace(state, task);
  }

  private static void checkCount(DirectoryState state, int maxSnapshots) throws RefusedException {
    int count = state.vmsd().snapshots().size();
    if (state.vmsd().isFull()) {
      throw new RefusedException(
          TaskReason.TooManySnapshots,
          state.vmsd().file()
              + " has "
              + count
              + " snapshots, and no room for another; delete a snapshot");
    }
    if (maxSnapshots > 0 && count >= maxSnapshots) {
      throw new RefusedException(
          TaskReason.TooManySnapshots,
          "the machine has "
              + count
              + " snapshots and maxSnapshots is "
              + maxSnapshots
              + "; delete a snapshot or raise maxSnapshots");
    }
  }

  private static void checkDepth(DirectoryState state, int maxDepth) throws RefusedException {
    int depth;
    try {
      depth = state.vmsd().tree().depth();
    } catch (DamagedFileException e) {
      throw new RefusedException(TaskReason.DirectoryDamaged, e.getMessage(), e);
    }
    if (depth >= maxDepth) {
      throw new RefusedException(
          TaskReason.ChainTooDeep,
          "the running state is based on a chain of "
              + depth
              + " snapshots and maxDepth is "
              + maxDepth
              + "; delete a snapshot or raise maxDepth");
    }
  }

  private static void checkDisks(DirectoryState state) throws RefusedException {
    if (state.disks().isEmpty()) {
      throw new RefusedException(
          TaskReason.InvalidRequest,
          state.vmx().file() + ": the virtual machine has no disks, so there is nothing to keep");
    }
    for (DiskState disk : state.disks()) {
      if (disk.independent()) {
        throw new RefusedException(
            TaskReason.DiskNotSupported,
            disk.address()
                + " ("
                + disk.active()
                + ") is an independent disk; its mode must be persistent to be in snapshots");
      }
      if (disk.capacityBytes() > DeltaLayout.MAX_CAPACITY) {
        throw new RefusedException(
            TaskReason.DiskNotSupported,
            disk.active()
                + " has "
                + disk.capacityBytes()
                + " bytes; a disk with snapshots has at most "
                + DeltaLayout.MAX_CAPACITY);
      }
    }
  }

  private static void checkSpace(DirectoryState state, CreateSnapshotTask task)
      throws RefusedException {
    long required = requiredBytes(state, task);
    long free = state.space().freeBytes();
    if (free < required) {
      throw new RefusedException(
          TaskReason.InsufficientSpace,
          "free on the volume: "
              + free
              + " bytes, required: "
              + required
              + " bytes ("
              + task.reservePercent()
              + " % of the disks' total size of "
              + totalCapacity(state)
              + " bytes"
              + (task.memory() ? ", and " + memoryBytes(state) + " bytes for the memory" : "")
              + "); grow the volume, delete snapshots, or lower reservePercent");
    }
  }

  /** Space that must be free for the snapshot and for what follows it. */
  static long requiredBytes(DirectoryState state, CreateSnapshotTask task) throws RefusedException {
    return requiredBytes(state, task.reservePercent()) + (task.memory() ? memoryBytes(state) : 0);
  }

  /** RAM of the machine: a file of saved memory may become as large. */
  static long memoryBytes(DirectoryState state) throws RefusedException {
    String mebibytes = state.vmx().get("memSize").orElse("");
    try {
      return Math.multiplyExact(Long.parseLong(mebibytes), 1L << 20);
    } catch (ArithmeticException | NumberFormatException e) {
      throw new RefusedException(
          TaskReason.DirectoryDamaged,
          state.vmx().file() + ": memSize is \"" + mebibytes + "\", not a number of MiB",
          e);
    }
  }

  static long requiredBytes(DirectoryState state, int reservePercent) {
    // Divided first: a total near 2^63 must not overflow.
    long total = totalCapacity(state);
    return total / 100 * reservePercent + total % 100 * reservePercent / 100;
  }

  private static long totalCapacity(DirectoryState state) {
    return state.disks().stream().mapToLong(DiskState::capacityBytes).sum();
  }
}
