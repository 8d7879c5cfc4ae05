package io.vmsnap.operator.reconciler.vmsnapshot;

import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Phase;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.SnapshotReference;
import java.util.List;

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
    return new SnapshotLinks(parent(parentUid, seen), children(uid, seen), current(uid, seen));
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

  private static Boolean current(long uid, SnapshotObservation seen) {
    VirtualMachineStatus vm = seen.vm().map(machine -> machine.getStatus()).orElse(null);
    SnapshotReference current = vm == null ? null : vm.currentSnapshot();
    return current != null && Long.valueOf(uid).equals(current.uid());
  }

  private static boolean hasUid(VMSnapshot snapshot, Long uid) {
    return isTaken(snapshot) && uid.equals(snapshot.getStatus().uid());
  }

  private static boolean isReady(VMSnapshot snapshot) {
    VMSnapshotStatus status = snapshot.getStatus();
    return status != null && status.phase() == Phase.Ready;
  }
}
