package io.vmsnap.operator.reconciler.vmsnapshot;

import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Phase;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A snapshot's place in the tree, computed anew at each look from uids, which never change: nothing
 * has to be repaired when a resource is deleted.
 */
record SnapshotLinks(String parent, List<String> children, Boolean current) {

  static SnapshotLinks of(
      VMSnapshot snapshot, Long uid, Long parentUid, Phase phase, SnapshotObservation seen) {
    if (uid == null || phase != Phase.Ready) {
      return new SnapshotLinks(null, List.of(), null);
    }
    return new SnapshotLinks(
        parent(parentUid, seen), children(uid, seen), current(uid, parentUid, seen));
  }

  private static String parent(Long parentUid, SnapshotObservation seen) {
    if (parentUid == null) {
      return null;
    }
    return seen.siblings().stream()
        .filter(sibling -> hasUid(sibling, parentUid))
        .map(sibling -> sibling.getMetadata().getName())
        .findFirst()
        .orElse("uid " + parentUid);
  }

  private static List<String> children(long uid, SnapshotObservation seen) {
    return seen.siblings().stream()
        .filter(
            sibling ->
                isReady(sibling) && Long.valueOf(uid).equals(sibling.getStatus().parentUid()))
        .map(sibling -> sibling.getMetadata().getName())
        .sorted()
        .toList();
  }

  private static boolean isTaken(VMSnapshot snapshot) {
    VMSnapshotStatus status = snapshot.getStatus();
    return status != null && (status.phase() == Phase.Ready || status.phase() == Phase.Deleting);
  }

  /**
   * As the machine's status will have it: what was taken since it was written is taken into account
   * here as it will be there, so that a snapshot need not be written twice.
   */
  private static Boolean current(long uid, Long parentUid, SnapshotObservation seen) {
    VirtualMachineStatus vm = seen.vm().map(machine -> machine.getStatus()).orElse(null);
    Long last = vm == null ? null : vm.lastSnapshotUid();
    Long current = vm == null || vm.currentSnapshot() == null ? null : vm.currentSnapshot().uid();
    TreeMap<Long, Optional<Long>> parents = new TreeMap<>();
    seen.siblings().stream()
        .filter(SnapshotLinks::isTaken)
        .map(VMSnapshot::getStatus)
        .filter(status -> status.uid() != null)
        .forEach(s -> parents.put(s.uid(), Optional.ofNullable(s.parentUid())));
    parents.put(uid, Optional.ofNullable(parentUid));
    for (Map.Entry<Long, Optional<Long>> taken : parents.entrySet()) {
      boolean isNew = last == null || taken.getKey() > last;
      if (isNew && Objects.equals(taken.getValue().orElse(null), current)) {
        current = taken.getKey();
      }
    }
    return Long.valueOf(uid).equals(current);
  }

  private static boolean hasUid(VMSnapshot snapshot, Long uid) {
    return isTaken(snapshot) && uid.equals(snapshot.getStatus().uid());
  }

  private static boolean isReady(VMSnapshot snapshot) {
    VMSnapshotStatus status = snapshot.getStatus();
    return status != null && status.phase() == Phase.Ready;
  }
}
