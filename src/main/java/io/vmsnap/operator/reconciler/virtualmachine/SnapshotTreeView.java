package io.vmsnap.operator.reconciler.virtualmachine;

import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.SnapshotReference;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.SnapshotType;
import io.vmsnap.task.RunnerStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The directory's snapshots as known: what the runner lists, while one runs, and what finished
 * VMSnapshots tell beyond that. A job's result reaches the operator before the runner is asked
 * again, and a powered-off machine has no runner.
 */
record SnapshotTreeView(
    SnapshotReference current, List<SnapshotReference> roots, List<SnapshotReference> unmanaged) {

  static SnapshotTreeView of(
      VirtualMachineStatus before, RunnerStatus runner, List<VMSnapshot> resources) {
    Map<Long, VMSnapshot> managed = new TreeMap<>();
    for (VMSnapshot resource : resources) {
      VMSnapshotStatus status = resource.getStatus();
      if (status != null && status.uid() != null && Boolean.TRUE.equals(status.readyToUse())) {
        managed.put(status.uid(), resource);
      }
    }
    List<SnapshotReference> roots = new ArrayList<>();
    List<SnapshotReference> unmanaged = new ArrayList<>();
    if (runner != null && runner.snapshots() != null) {
      for (RunnerStatus.Snapshot snapshot : runner.snapshots()) {
        SnapshotReference reference = reference(snapshot.uid(), snapshot.displayName(), managed);
        if (snapshot.parentUid() == null) {
          roots.add(reference);
        }
        if (reference.type() == SnapshotType.Unmanaged) {
          unmanaged.add(reference);
        }
      }
    } else if (before != null) {
      before.rootSnapshots().forEach(old -> roots.add(reference(old.uid(), old.name(), managed)));
      before.unmanagedSnapshots().stream()
          .filter(old -> !managed.containsKey(old.uid()))
          .forEach(unmanaged::add);
    }
    managed.forEach(
        (uid, resource) -> {
          if (resource.getStatus().parentUid() == null
              && roots.stream().noneMatch(root -> uid.equals(root.uid()))) {
            roots.add(reference(uid, null, managed));
          }
        });
    return new SnapshotTreeView(current(before, runner, managed), roots, unmanaged);
  }

  /** Follows snapshots that were taken since the directory was last looked at. */
  private static SnapshotReference current(
      VirtualMachineStatus before, RunnerStatus runner, Map<Long, VMSnapshot> managed) {
    Long uid;
    long known;
    String name = null;
    if (runner != null && runner.snapshots() != null) {
      uid = runner.currentUid();
      known = runner.snapshots().stream().mapToLong(RunnerStatus.Snapshot::uid).max().orElse(0);
      for (RunnerStatus.Snapshot snapshot : runner.snapshots()) {
        if (Objects.equals(snapshot.uid(), uid)) {
          name = snapshot.displayName();
        }
      }
    } else {
      SnapshotReference last = before == null ? null : before.currentSnapshot();
      uid = last == null ? null : last.uid();
      name = last == null ? null : last.name();
      known = uid == null ? 0 : uid;
    }
    for (Map.Entry<Long, VMSnapshot> entry : managed.entrySet()) {
      boolean hangsUnderCurrent = Objects.equals(entry.getValue().getStatus().parentUid(), uid);
      if (entry.getKey() > known && hangsUnderCurrent) {
        uid = entry.getKey();
      }
    }
    return uid == null ? null : reference(uid, name, managed);
  }

  private static SnapshotReference reference(
      long uid, String displayName, Map<Long, VMSnapshot> managed) {
    VMSnapshot resource = managed.get(uid);
    return resource == null
        ? new SnapshotReference(displayName, uid, SnapshotType.Unmanaged)
        : new SnapshotReference(resource.getMetadata().getName(), uid, SnapshotType.Managed);
  }
}
