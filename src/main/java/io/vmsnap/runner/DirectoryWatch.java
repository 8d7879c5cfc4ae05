package io.vmsnap.runner;

import io.vmsnap.disk.chain.ChainLayer;
import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.snapshot.DirectoryConsolidation;
import io.vmsnap.snapshot.ProgressFile;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.VolumeSpace;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.task.RunnerStatus;
import io.vmsnap.task.TaskJson;
import io.vmsnap.vmdir.RevertLedger;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Looks at a directory that jobs change under a running machine, and keeps the active deltas on
 * their 16 MiB steps. A look costs two small reads; only every {@value #FULL_LOOK_INTERVAL}th, and
 * one after a change of {@code .vmx} or {@code .vmsd}, reads all descriptors.
 */
final class DirectoryWatch {
  static final int FULL_LOOK_INTERVAL = 10;
  private static final int MAX_BYTES = 1 << 20;
  private static final int MAX_OPERATION_BYTES = 64 << 10;

  private final VmStorage storage;
  private final DeltaGrowth growth = new DeltaGrowth();
  private final List<String> changing;
  private List<byte[]> seen = List.of();
  private int looks;
  private List<DeltaDisk> active = List.of();
  private Look last;

  /**
   * What the directory holds.
   *
   * @param chainDepth number of deltas of each disk, by the disk's place
   */
  record Look(
      RunnerStatus.Directory bytes,
      List<RunnerStatus.Snapshot> snapshots,
      Long currentUid,
      long lastUid,
      String lastRevertId,
      SortedMap<String, Integer> chainDepth) {}

  DirectoryWatch(VmStorage storage, String name) {
    this.storage = storage;
    this.changing = List.of(name + ".vmx", name + ".vmsd");
  }

  /**
   * The directory as it is now, or, for its slower parts, as it was a few seconds ago.
   *
   * @throws IOException also while a job replaces its files; the next look is another try
   */
  Look look() throws IOException {
    List<byte[]> current = new ArrayList<>();
    for (String file : changing) {
      current.add(storage.exists(file) ? WholeFile.read(storage, file, MAX_BYTES) : new byte[0]);
    }
    if (last == null || looks % FULL_LOOK_INTERVAL == 0 || !isSeen(current)) {
      last = fullLook();
      seen = current;
    }
    looks++;
    return last;
  }

  private boolean isSeen(List<byte[]> current) {
    return Arrays.deepEquals(current.toArray(), seen.toArray());
  }

  /** Free bytes of the volume, asked anew. */
  long freeBytes() throws IOException {
    return storage.space().freeBytes();
  }

  /** What a job does now; null for nothing. */
  RunnerStatus.Operation operation() {
    try {
      if (!storage.exists(ProgressFile.FILE)) {
        return null;
      }
      byte[] json = WholeFile.read(storage, ProgressFile.FILE, MAX_OPERATION_BYTES);
      return TaskJson.read(new String(json, StandardCharsets.UTF_8), RunnerStatus.Operation.class);
    } catch (IOException e) {
      return null; // removed between the two calls
    }
  }

  /** Extends the active deltas to their next step; the machine may be writing them. */
  void grow() throws IOException {
    for (DeltaDisk delta : active) {
      try (StorageFile extent = storage.open(delta.files().extent(), OpenMode.READ_WRITE)) {
        delta.growToStep(extent);
      } catch (NoSuchFileException e) {
        last = null; // merged, or abandoned by a revert: the next look finds what is active now
      }
    }
  }

  private Look fullLook() throws IOException {
    String lastRevert = lastRevert(); // first: what is read after it is at least as new
    VmDirectory directory = VmDirectory.open(storage);
    long base = 0;
    long deltas = 0;
    List<DeltaDisk> top = new ArrayList<>();
    SortedMap<String, Integer> depth = new TreeMap<>();
    for (VmDisk disk : directory.disks()) {
      DiskChain chain = DiskChain.open(storage, disk.active().fileName());
      depth.put(disk.address().toString(), chain.depth());
      for (ChainLayer layer : chain.layers()) {
        long bytes = storage.allocatedBytes(layer.extent());
        if (layer.isBase()) {
          base += bytes;
        } else {
          deltas += bytes + storage.allocatedBytes(layer.index());
        }
      }
      if (!chain.deltas().isEmpty()) {
        top.add(chain.deltas().getLast());
      }
    }
    long memory = 0;
    for (String file : storage.list("")) {
      if (file.endsWith(".vmsn") || file.endsWith(".vmss")) {
        memory += storage.allocatedBytes(file);
      }
    }
    VolumeSpace space = storage.space();
    active = List.copyOf(top);
    return new Look(
        new RunnerStatus.Directory(
            space.capacityBytes(),
            space.freeBytes(),
            base,
            deltas,
            memory,
            pendingMerges(directory),
            growth.bytesPerHour(System.nanoTime(), deltas)),
        directory.vmsd().snapshots().stream().map(DirectoryWatch::snapshot).toList(),
        directory.vmsd().currentUid().orElse(null),
        directory.vmsd().lastUid(),
        lastRevert,
        depth);
  }

  /** Null also where the ledger cannot be read: the next revert says so. */
  private String lastRevert() {
    try {
      return RevertLedger.read(storage).last().map(RevertLedger.Entry::requestId).orElse(null);
    } catch (IOException e) {
      return null;
    }
  }

  /** Null where a chain is broken: {@code vmsnap check} says more than we could here. */
  private static List<String> pendingMerges(VmDirectory directory) {
    try {
      return DirectoryConsolidation.pending(directory);
    } catch (IOException e) {
      return null;
    }
  }

  private static RunnerStatus.Snapshot snapshot(SnapshotEntry entry) {
    return new RunnerStatus.Snapshot(
        entry.uid(),
        entry.parentUid(),
        entry.displayName(),
        entry.description(),
        entry.createTime(),
        hasMemory(entry));
  }

  /** Memory that VMware saved is no memory here: QEMU cannot load it. */
  private static boolean hasMemory(SnapshotEntry entry) {
    return entry.memory() && entry.property(SnapshotEntry.MEMORY_FORMAT).isEmpty();
  }
}
