package io.vmsnap.snapshot;

import io.vmsnap.task.RevertSnapshotTask;
import io.vmsnap.task.TaskReason;
import java.util.Set;

/** Whether a request to revert can be served: its words, depth, memory, space. */
final class RevertDirectoryCheck {
  /** An empty delta: header block, index, descriptor, and their metadata. */
  private static final long DELTA_BYTES = 2L << 20;

  private RevertDirectoryCheck() {}

  /** What can be said without looking at the directory. */
  static void check(RevertSnapshotTask task) throws RefusedException {
    if (task.requestId() == null || task.requestId().isBlank()) {
      throw invalid("requestId is missing: it makes sure that a request is served once");
    }
    if (!Set.of(RevertPower.FROM_SNAPSHOT, "PoweredOn", "PoweredOff")
        .contains(RevertPower.wanted(task))) {
      throw invalid(
          "power is \"" + task.power() + "\"; FromSnapshot, PoweredOn or PoweredOff is expected");
    }
    if (!Set.of(RevertPower.ON_DEMAND, RevertPower.EAGER).contains(RevertPower.memoryLoad(task))) {
      throw invalid("memoryLoad is \"" + task.memoryLoad() + "\"; OnDemand or Eager is expected");
    }
    if (task.maxDepth() < 1) {
      throw invalid("maxDepth is " + task.maxDepth() + "; at least 1 is expected");
    }
    if (task.reservePercent() < 0 || task.reservePercent() > 100) {
      throw invalid("reservePercent is " + task.reservePercent() + "; 0 to 100 is expected");
    }
  }

  static void check(RevertState state, RevertSnapshotTask task) throws RefusedException {
    check(task);
    checkDepth(state, task);
    if (RevertPower.isForeignMemory(state.target())
        && RevertPower.wanted(task).equals(RevertPower.FROM_SNAPSHOT)) {
      throw new RefusedException(
          TaskReason.NotSupported,
          RevertPlanner.name(state.target())
              + " has memory that another program saved and that QEMU cannot load; ask for power"
              + " PoweredOn to boot from its disks as after a power cut, or PoweredOff");
    }
    if (state.target().disks().isEmpty()) {
      throw new RefusedException(
          TaskReason.DirectoryDamaged,
          state.directory().vmsd().file()
              + ": "
              + RevertPlanner.name(state.target())
              + " names no disks, so there is nothing to return to");
    }
    checkSpace(state, task.reservePercent());
  }

  private static void checkDepth(RevertState state, RevertSnapshotTask task)
      throws RefusedException {
    int depth = RevertPlanner.depth(state.directory().vmsd(), state.target().uid());
    if (depth > task.maxDepth()) {
      throw new RefusedException(
          TaskReason.ChainTooDeep,
          RevertPlanner.name(state.target())
              + " ends a chain of "
              + depth
              + " snapshots and maxDepth is "
              + task.maxDepth()
              + "; delete a snapshot or raise maxDepth");
    }
  }

  /** The new deltas come before the abandoned ones go; the reserve is counted after that. */
  private static void checkSpace(RevertState state, int reservePercent) throws RefusedException {
    long free = state.directory().space().freeBytes();
    long deltas = state.target().disks().size() * DELTA_BYTES;
    long discarded = state.abandonedBytes();
    long reserve = CreateDirectoryCheck.requiredBytes(state.directory(), reservePercent);
    if (free < deltas || free + discarded < reserve) {
      throw new RefusedException(
          TaskReason.InsufficientSpace,
          "free on the volume: "
              + free
              + " bytes, and "
              + discarded
              + " more once the present state is discarded; required: "
              + deltas
              + " bytes for the new deltas, and "
              + reserve
              + " bytes afterwards ("
              + reservePercent
              + " % of the disks' total size); grow the volume, delete snapshots, or lower"
              + " reservePercent");
    }
  }

  private static RefusedException invalid(String message) {
    return new RefusedException(TaskReason.InvalidRequest, message);
  }
}
