package io.vmsnap.operator.reconciler.virtualmachine;

import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Phase;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.RevertReference;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.SnapshotEntry;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.SnapshotReference;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.SnapshotType;
import io.vmsnap.task.RunnerStatus;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * The directory's snapshots as known: what the runner lists, while one runs, or what was known
 * before, and then what operations have done since. A job's result reaches the operator before the
 * runner is asked again, and a powered-off machine has no runner.
 *
 * @param lastUid null while nothing is known of the directory
 */
record SnapshotTreeView(
    List<SnapshotEntry> entries,
    Long lastUid,
    SnapshotReference current,
    List<SnapshotReference> roots,
    List<SnapshotReference> unmanaged) {

  /**
   * @param runner what it told since the last revert; null if nothing
   * @param revert a revert that the status does not know yet; null for none
   */
  static SnapshotTreeView of(
      VirtualMachineStatus before,
      RunnerStatus runner,
      List<VMSnapshot> resources,
      RevertReference revert) {
    Tree tree = runner != null && runner.lastUid() != null ? Tree.of(runner) : Tree.of(before);
    Map<Long, VMSnapshot> managed = new TreeMap<>();
    for (VMSnapshot resource : resources) {
      VMSnapshotStatus status = resource.getStatus();
      if (status != null && status.uid() != null) {
        managed.put(status.uid(), resource);
      }
    }
    List<VMSnapshot> taken = managed.values().stream().filter(SnapshotTreeView::isTaken).toList();
    taken.stream().filter(resource -> isBefore(resource, revert)).forEach(tree::add);
    if (revert != null && (runner == null || runner.lastUid() == null)) {
      tree.current = revert.snapshotUid();
    }
    taken.forEach(tree::add);
    Set<Long> removed = new HashSet<>();
    managed.values().stream()
        .filter(resource -> resource.getStatus().phase() == Phase.Deleted)
        .forEach(resource -> removed.addAll(resource.getStatus().deletion().removedUids()));
    tree.remove(removed);
    return tree.view(managed);
  }

  /** Operations run one after the other, so that their ends tell which was first. */
  private static boolean isBefore(VMSnapshot resource, RevertReference revert) {
    String ended = resource.getStatus().completionTime();
    return revert != null && ended != null && ended.compareTo(revert.completionTime()) <= 0;
  }

  private static boolean isTaken(VMSnapshot resource) {
    Phase phase = resource.getStatus().phase();
    return phase == Phase.Ready || phase == Phase.Deleting || phase == Phase.Deleted;
  }

  /** A tree that is being brought up to date. */
  private static final class Tree {
    private final TreeMap<Long, SnapshotEntry> entries = new TreeMap<>();
    private Long lastUid;
    private Long current;

    static Tree of(RunnerStatus runner) {
      Tree tree = new Tree();
      for (RunnerStatus.Snapshot snapshot : runner.snapshots()) {
        tree.entries.put(
            snapshot.uid(),
            new SnapshotEntry(
                snapshot.uid(),
                snapshot.parentUid(),
                snapshot.displayName(),
                // as the resources have it: a second notation of one time would be a second write
                snapshot.createTime() == null
                    ? null
                    : snapshot.createTime().truncatedTo(ChronoUnit.SECONDS).toString(),
                snapshot.memory()));
      }
      tree.lastUid = runner.lastUid();
      tree.current = runner.currentUid();
      return tree;
    }

    static Tree of(VirtualMachineStatus status) {
      Tree tree = new Tree();
      if (status != null) {
        status.snapshots().forEach(entry -> tree.entries.put(entry.uid(), entry));
        tree.lastUid = status.lastSnapshotUid();
        tree.current = status.currentSnapshot() == null ? null : status.currentSnapshot().uid();
      }
      return tree;
    }

    /** Takes in a snapshot of a job whose uid the list has not come to yet. */
    void add(VMSnapshot resource) {
      VMSnapshotStatus status = resource.getStatus();
      if (lastUid != null && status.uid() <= lastUid) {
        return;
      }
      entries.put(
          status.uid(),
          new SnapshotEntry(
              status.uid(),
              status.parentUid(),
              resource.getMetadata().getName(),
              status.createTime(),
              status.memory() != null));
      lastUid = status.uid();
      if (Objects.equals(status.parentUid(), current)) {
        current = status.uid();
      }
    }

    /** What hung under a removed snapshot hangs under the next that is left. */
    void remove(Collection<Long> removed) {
      current = left(current, removed);
      List<SnapshotEntry> old = new ArrayList<>(entries.values());
      for (SnapshotEntry entry : old) {
        entries.put(
            entry.uid(),
            new SnapshotEntry(
                entry.uid(),
                left(entry.parentUid(), removed),
                entry.name(),
                entry.createTime(),
                entry.memory()));
      }
      removed.forEach(entries::remove);
    }

    private Long left(Long uid, Collection<Long> removed) {
      Long found = uid;
      while (found != null && removed.contains(found)) {
        SnapshotEntry entry = entries.get(found);
        found = entry == null ? null : entry.parentUid();
      }
      return found;
    }

    SnapshotTreeView view(Map<Long, VMSnapshot> managed) {
      List<SnapshotEntry> named =
          entries.values().stream().map(entry -> named(entry, managed)).toList();
      return new SnapshotTreeView(
          named,
          lastUid,
          named.stream()
              .filter(entry -> entry.uid().equals(current))
              .map(entry -> reference(entry, managed))
              .findFirst()
              .orElse(null),
          named.stream()
              .filter(entry -> entry.parentUid() == null)
              .map(entry -> reference(entry, managed))
              .toList(),
          named.stream()
              .filter(entry -> !managed.containsKey(entry.uid()))
              .map(entry -> reference(entry, managed))
              .toList());
    }

    private static SnapshotEntry named(SnapshotEntry entry, Map<Long, VMSnapshot> managed) {
      VMSnapshot resource = managed.get(entry.uid());
      return resource == null
          ? entry
          : new SnapshotEntry(
              entry.uid(),
              entry.parentUid(),
              resource.getMetadata().getName(),
              entry.createTime(),
              entry.memory());
    }

    private static SnapshotReference reference(SnapshotEntry entry, Map<Long, VMSnapshot> managed) {
      return new SnapshotReference(
          entry.name(),
          entry.uid(),
          managed.containsKey(entry.uid()) ? SnapshotType.Managed : SnapshotType.Unmanaged);
    }
  }
}
