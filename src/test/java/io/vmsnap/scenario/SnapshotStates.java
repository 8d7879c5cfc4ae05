package io.vmsnap.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.harness.guest.GuestRecords;
import io.vmsnap.harness.machine.DiskProof;
import io.vmsnap.harness.machine.Machine;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the snapshots of a machine hold, by what a reader that none of us wrote finds in the disks
 * that the directory's history names.
 */
final class SnapshotStates {
  private final Machine machine;
  private final Path work;
  private final Map<String, String> hashes = new LinkedHashMap<>();

  /**
   * @param work folder for copies of whole disks, one at a time
   */
  SnapshotStates(Machine machine, Path work) {
    this.machine = machine;
    this.work = work;
  }

  /** Takes a snapshot and keeps the hash of its content. */
  void take(String name) throws Exception {
    machine.snapshot(name, "state " + name);
    machine.awaitReady(name);
    keep(name);
  }

  /** Keeps the hash of a snapshot that is there. */
  void keep(String name) throws Exception {
    hashes.put(name, hash(name));
  }

  /** The snapshot was deleted. */
  void forget(String name) {
    hashes.remove(name);
  }

  /** Of the snapshots whose hashes are kept. */
  Set<String> names() {
    return hashes.keySet();
  }

  /** What a writing guest with two disks left in a snapshot; all of it sound. */
  GuestRecords records(String name) throws Exception {
    List<SnapshotDisk> disks = entry(name).disks();
    return new DiskProof(machine.directory())
        .records(disks.getFirst().fileName(), disks.get(1).fileName(), work);
  }

  /** Whether the history has these snapshots and no others, each with the content it had. */
  void assertLeft(String... names) throws Exception {
    assertThat(entries().stream().map(SnapshotEntry::displayName)).containsExactlyInAnyOrder(names);
    for (String name : names) {
      assertThat(hash(name)).as("state of snapshot %s", name).isEqualTo(hashes.get(name));
    }
  }

  /** The disk that the machine writes to, or would. */
  String runningState() throws Exception {
    try (VmStorage storage = new LocalStorage(machine.directory())) {
      return content(VmDirectory.open(storage).disks().getFirst().active().fileName());
    }
  }

  List<SnapshotEntry> entries() throws Exception {
    try (VmStorage storage = new LocalStorage(machine.directory())) {
      return VmDirectory.open(storage).vmsd().snapshots();
    }
  }

  /** Of all its disks. */
  private String hash(String name) throws Exception {
    StringBuilder hash = new StringBuilder();
    for (SnapshotDisk disk : entry(name).disks()) {
      hash.append(content(disk.fileName())).append(' ');
    }
    return hash.toString();
  }

  private SnapshotEntry entry(String name) throws Exception {
    return entries().stream()
        .filter(entry -> entry.displayName().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("the history has no snapshot " + name));
  }

  private String content(String descriptor) throws Exception {
    new DiskProof(machine.directory()).export(descriptor, work.resolve("content.raw"));
    return new DiskProof(work).hash("content.raw");
  }
}
