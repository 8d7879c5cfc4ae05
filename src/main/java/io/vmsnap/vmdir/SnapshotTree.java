package io.vmsnap.vmdir;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The snapshots of a machine, linked by parent; siblings in the order in which they were taken. */
public final class SnapshotTree {
  private final Map<Long, SnapshotEntry> byUid;
  private final Map<Long, List<SnapshotEntry>> children;
  private final List<SnapshotEntry> roots;
  private final SnapshotEntry current;

  private SnapshotTree(
      Map<Long, SnapshotEntry> byUid,
      Map<Long, List<SnapshotEntry>> children,
      List<SnapshotEntry> roots,
      SnapshotEntry current) {
    this.byUid = byUid;
    this.children = children;
    this.roots = List.copyOf(roots);
    this.current = current;
  }

  static SnapshotTree of(String file, List<SnapshotEntry> snapshots, Long currentUid)
      throws DamagedFileException {
    Map<Long, SnapshotEntry> byUid = new LinkedHashMap<>();
    for (SnapshotEntry snapshot : snapshots) {
      if (byUid.put(snapshot.uid(), snapshot) != null) {
        throw new DamagedFileException(
            file, "uid " + snapshot.uid() + " is given to two snapshots");
      }
    }
    Map<Long, List<SnapshotEntry>> children = new HashMap<>();
    List<SnapshotEntry> roots = new ArrayList<>();
    for (SnapshotEntry snapshot : inOrder(snapshots)) {
      if (snapshot.parentUid() == null) {
        roots.add(snapshot);
      } else if (byUid.containsKey(snapshot.parentUid())) {
        children.computeIfAbsent(snapshot.parentUid(), u -> new ArrayList<>()).add(snapshot);
      } else {
        throw new DamagedFileException(
            file,
            "snapshot with uid "
                + snapshot.uid()
                + " names the parent "
                + snapshot.parentUid()
                + ", which does not exist");
      }
    }
    if (currentUid != null && !byUid.containsKey(currentUid)) {
      throw new DamagedFileException(
          file, "snapshot.current is " + currentUid + ", and no snapshot has that uid");
    }
    SnapshotTree tree =
        new SnapshotTree(byUid, children, roots, currentUid == null ? null : byUid.get(currentUid));
    tree.refuseCycles(file);
    return tree;
  }

  private static List<SnapshotEntry> inOrder(List<SnapshotEntry> snapshots) {
    return snapshots.stream()
        .sorted(Comparator.comparing(SnapshotEntry::createTime).thenComparing(SnapshotEntry::uid))
        .toList();
  }

  /** What no root reaches hangs on itself. */
  private void refuseCycles(String file) throws DamagedFileException {
    Set<Long> reached = new HashSet<>();
    Deque<SnapshotEntry> todo = new ArrayDeque<>(roots);
    while (!todo.isEmpty()) {
      SnapshotEntry snapshot = todo.pop();
      reached.add(snapshot.uid());
      todo.addAll(children(snapshot.uid()));
    }
    for (Long uid : byUid.keySet()) {
      if (!reached.contains(uid)) {
        throw new DamagedFileException(
            file, "snapshot with uid " + uid + " is its own ancestor: the parents form a cycle");
      }
    }
  }

  public List<SnapshotEntry> roots() {
    return roots;
  }

  public List<SnapshotEntry> children(long uid) {
    return List.copyOf(children.getOrDefault(uid, List.of()));
  }

  /** The snapshot on which the running state is based ("You are here"). */
  public Optional<SnapshotEntry> current() {
    return Optional.ofNullable(current);
  }

  public int size() {
    return byUid.size();
  }

  /** The snapshots from the root to this one, both included. */
  public List<SnapshotEntry> path(long uid) {
    List<SnapshotEntry> path = new ArrayList<>();
    SnapshotEntry snapshot = byUid.get(uid);
    while (snapshot != null) {
      path.addFirst(snapshot);
      snapshot = snapshot.parentUid() == null ? null : byUid.get(snapshot.parentUid());
    }
    return path;
  }

  /** Number of snapshots between the running state and the base disks. */
  public int depth() {
    return current == null ? 0 : path(current.uid()).size();
  }
}
