package io.vmsnap.snapshot;

import io.vmsnap.task.RevertSnapshotTask;
import io.vmsnap.vmdir.PowerState;
import io.vmsnap.vmdir.SnapshotEntry;

/**
 * What a machine does after a revert, as with VMware: from a snapshot with memory it goes on where
 * it was; without, it is off, or boots as after a power cut if that is asked for.
 */
final class RevertPower {
  static final String FROM_SNAPSHOT = "FromSnapshot";
  static final String ON_DEMAND = "OnDemand";
  static final String EAGER = "Eager";

  private RevertPower() {}

  static String wanted(RevertSnapshotTask task) {
    return task.power() == null ? FROM_SNAPSHOT : task.power();
  }

  static String memoryLoad(RevertSnapshotTask task) {
    return task.memoryLoad() == null ? ON_DEMAND : task.memoryLoad();
  }

  static boolean resumes(SnapshotEntry target, RevertSnapshotTask task) {
    return target.memory()
        && !isForeignMemory(target)
        && after(target, task) == PowerState.PoweredOn;
  }

  static PowerState after(SnapshotEntry target, RevertSnapshotTask task) {
    return switch (wanted(task)) {
      case "PoweredOn" -> PowerState.PoweredOn;
      case FROM_SNAPSHOT -> target.memory() ? PowerState.PoweredOn : PowerState.PoweredOff;
      default -> PowerState.PoweredOff;
    };
  }

  /** Memory that another program saved, and that only it can load. */
  static boolean isForeignMemory(SnapshotEntry target) {
    return target.memory() && target.property(SnapshotEntry.MEMORY_FORMAT).isPresent();
  }
}
