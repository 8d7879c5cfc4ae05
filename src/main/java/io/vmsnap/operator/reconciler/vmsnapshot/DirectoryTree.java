package io.vmsnap.operator.reconciler.vmsnapshot;

import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.SnapshotEntry;
import java.util.List;
import java.util.Optional;

/**
 * What the machine's status lists of the directory.
 *
 * @param lastUid the highest uid that was ever given; null while nothing is known
 */
record DirectoryTree(List<SnapshotEntry> entries, Long lastUid) {

  static DirectoryTree of(VirtualMachineStatus machine) {
    return machine == null
        ? new DirectoryTree(List.of(), null)
        : new DirectoryTree(machine.snapshots(), machine.lastSnapshotUid());
  }

  boolean isKnown() {
    return lastUid != null;
  }

  Optional<SnapshotEntry> find(Long uid) {
    return entries.stream().filter(entry -> entry.uid().equals(uid)).findFirst();
  }

  /** Uids only rise, so one that the list has passed and does not have is gone for ever. */
  boolean hasLost(Long uid) {
    return uid != null && isKnown() && uid <= lastUid && find(uid).isEmpty();
  }
}
