package io.vmsnap.snapshot;

import io.vmsnap.disk.vmdk.VmdkChain;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmsdFile;
import io.vmsnap.vmdir.VmxDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * All disks that a machine's running state and snapshots reach, base disks first, and what each is
 * for. A disk that no snapshot names and that is not active is <em>hidden</em>: a snapshot that was
 * deleted has left it, and it is needed only below its children. With one child left, the two can
 * be merged.
 */
final class DiskTree {
  private final Map<String, String> parents;
  private final Map<String, Integer> depths;
  private final Set<String> active;
  private final Set<String> frozen;

  /** A hidden disk and its only child. */
  record Link(String parent, String child) {}

  private DiskTree(
      Map<String, String> parents,
      Map<String, Integer> depths,
      Set<String> active,
      Set<String> frozen) {
    this.parents = parents;
    this.depths = depths;
    this.active = active;
    this.frozen = frozen;
  }

  /**
   * @throws io.vmsnap.disk.DiskException if any chain is broken: then nobody knows what is needed
   */
  static DiskTree read(VmDirectory directory) throws IOException {
    Map<String, String> parents = new TreeMap<>();
    Map<String, Integer> depths = new TreeMap<>();
    Set<String> active = new TreeSet<>();
    directory.vmx().disks().stream().map(VmxDisk::fileName).forEach(active::add);
    Set<String> frozen = frozenBy(directory.vmsd());
    Set<String> tops = new TreeSet<>(active);
    tops.addAll(frozen);
    for (String top : tops) {
      add(directory.storage(), top, parents, depths);
    }
    return new DiskTree(parents, depths, active, frozen);
  }

  private static void add(
      VmStorage storage, String top, Map<String, String> parents, Map<String, Integer> depths)
      throws IOException {
    if (depths.containsKey(top)) {
      return;
    }
    List<String> chain = VmdkChain.names(storage, top);
    for (int i = 0; i < chain.size(); i++) {
      depths.put(chain.get(i), chain.size() - 1 - i);
      if (i + 1 < chain.size()) {
        parents.put(chain.get(i), chain.get(i + 1));
      }
    }
  }

  private static Set<String> frozenBy(VmsdFile vmsd) {
    Set<String> names = new TreeSet<>();
    for (SnapshotEntry snapshot : vmsd.snapshots()) {
      snapshot.disks().stream().map(SnapshotDisk::fileName).forEach(names::add);
    }
    return names;
  }

  boolean isActive(String disk) {
    return active.contains(disk);
  }

  boolean isHidden(String disk) {
    return depths.containsKey(disk) && !active.contains(disk) && !frozen.contains(disk);
  }

  Optional<String> parent(String disk) {
    return Optional.ofNullable(parents.get(disk));
  }

  Set<String> children(String disk) {
    Set<String> children = new TreeSet<>();
    parents.forEach(
        (child, parent) -> {
          if (parent.equals(disk)) {
            children.add(child);
          }
        });
    return children;
  }

  /** The disk of an active chain that lies directly on this one. */
  Optional<String> aboveInActiveChain(String disk) {
    for (String top : active) {
      for (String at = top; parents.containsKey(at); at = parents.get(at)) {
        if (parents.get(at).equals(disk)) {
          return Optional.of(at);
        }
      }
    }
    return Optional.empty();
  }

  List<String> hidden() {
    return depths.keySet().stream().filter(this::isHidden).toList();
  }

  /**
   * What can be merged, the lowest first: a child that goes down once is not moved again with the
   * disk that took it.
   */
  List<Link> links() {
    List<Link> links = new ArrayList<>();
    hidden().stream()
        .sorted(Comparator.comparing(depths::get))
        .forEach(
            disk -> {
              Set<String> children = children(disk);
              if (children.size() == 1) {
                links.add(new Link(disk, children.iterator().next()));
              }
            });
    return links;
  }

  /** Disks that nothing would reach any more with that history; topmost first. */
  List<String> unneeded(VmsdFile history) {
    Set<String> needed = new HashSet<>();
    Set<String> tops = new TreeSet<>(active);
    tops.addAll(frozenBy(history));
    for (String top : tops) {
      for (String at = top; at != null; at = parents.get(at)) {
        needed.add(at);
      }
    }
    return depths.keySet().stream()
        .filter(d -> !needed.contains(d))
        .sorted(Comparator.comparing(depths::get).reversed())
        .toList();
  }
}
