package io.vmsnap.snapshot;

import io.vmsnap.disk.DiskException;
import io.vmsnap.disk.vmdk.VmdkChain;
import io.vmsnap.storage.UnsafeNameException;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmsdFile;
import io.vmsnap.vmdir.VmxDisk;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
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
 * be merged. Others' disks that lie beside them and are based on one of them, such as a clone's, or
 * those of a disk that was taken out of the machine, are never touched, nor is what they need.
 */
final class DiskTree {
  private static final String SUFFIX = ".vmdk";

  private final Map<String, String> parents;
  private final Map<String, Set<String>> children = new HashMap<>();
  private final Map<String, Integer> depths;
  private final Set<String> active;
  private final Set<String> frozen;
  private final Set<String> others;

  /** A hidden disk and its only child. */
  record Link(String parent, String child) {}

  private DiskTree(
      Map<String, String> parents,
      Map<String, Integer> depths,
      Set<String> active,
      Set<String> frozen,
      Set<String> others) {
    this.parents = parents;
    this.depths = depths;
    this.active = active;
    this.frozen = frozen;
    this.others = others;
    parents.forEach(
        (child, parent) -> children.computeIfAbsent(parent, p -> new TreeSet<>()).add(child));
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
    Set<String> own = Set.copyOf(depths.keySet());
    for (List<String> chain : chainsOfOthers(directory.storage(), own)) {
      add(chain, parents, depths);
    }
    Set<String> others = new TreeSet<>(depths.keySet());
    others.removeAll(own);
    return new DiskTree(parents, depths, active, frozen, others);
  }

  /** Chains that nobody of ours names, but that are based on our disks. */
  private static List<List<String>> chainsOfOthers(VmStorage storage, Set<String> own)
      throws IOException {
    List<List<String>> chains = new ArrayList<>();
    for (String file : storage.list("")) {
      if (!file.endsWith(SUFFIX) || own.contains(file)) {
        continue;
      }
      try {
        List<String> chain = VmdkChain.names(storage, file);
        if (chain.stream().anyMatch(own::contains)) {
          chains.add(chain);
        }
      } catch (DiskException | UnsafeNameException | EOFException e) {
        // The data of a disk, or a disk that cannot be read with or without ours.
      }
    }
    return chains;
  }

  private static void add(
      VmStorage storage, String top, Map<String, String> parents, Map<String, Integer> depths)
      throws IOException {
    if (depths.containsKey(top)) {
      return;
    }
    add(VmdkChain.names(storage, top), parents, depths);
  }

  private static void add(
      List<String> chain, Map<String, String> parents, Map<String, Integer> depths) {
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
    return depths.containsKey(disk)
        && !active.contains(disk)
        && !frozen.contains(disk)
        && !others.contains(disk);
  }

  Optional<String> parent(String disk) {
    return Optional.ofNullable(parents.get(disk));
  }

  Set<String> children(String disk) {
    return children.getOrDefault(disk, Set.of());
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
              if (children.size() == 1 && !others.containsAll(children)) {
                links.add(new Link(disk, children.iterator().next()));
              }
            });
    return links;
  }

  /** The tree when the hidden disk has taken its only child over, and the child's place. */
  DiskTree without(Link link) {
    Map<String, String> parents = new TreeMap<>(this.parents);
    parents.remove(link.child());
    children(link.child()).forEach(above -> parents.put(above, link.parent()));
    Map<String, Integer> depths = new TreeMap<>(this.depths);
    depths.remove(link.child());
    lower(link.child(), depths);
    return new DiskTree(parents, depths, renamed(active, link), renamed(frozen, link), others);
  }

  private void lower(String disk, Map<String, Integer> depths) {
    for (String above : children(disk)) {
      depths.merge(above, -1, Integer::sum);
      lower(above, depths);
    }
  }

  private static Set<String> renamed(Set<String> disks, Link link) {
    Set<String> renamed = new TreeSet<>(disks);
    if (renamed.remove(link.child())) {
      renamed.add(link.parent());
    }
    return renamed;
  }

  /**
   * Disks that nothing would reach any more with that history; topmost first. Never a base: one
   * that is not in the machine any more was taken out of it, not deleted.
   */
  List<String> unneeded(VmsdFile history) {
    Set<String> needed = new HashSet<>();
    Set<String> tops = new TreeSet<>(active);
    tops.addAll(frozenBy(history));
    tops.addAll(others);
    for (String top : tops) {
      for (String at = top; at != null; at = parents.get(at)) {
        needed.add(at);
      }
    }
    return depths.keySet().stream()
        .filter(d -> !needed.contains(d) && parents.containsKey(d))
        .sorted(Comparator.comparing(depths::get).reversed())
        .toList();
  }
}
