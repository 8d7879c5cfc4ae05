package io.vmsnap.harness.bench;

import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * {@code ./vmsnap bench disk}: rates through our delta beside those of a default qcow2 overlay and
 * of QEMU's vmfsSparse driver. The runs of all three alternate, so that a disturbance of the
 * machine hits all of them; medians and their ratios are printed.
 */
public final class DiskBench {
  private static final int MIB = 1 << 20;
  static final int CAPACITY = 512 * MIB;
  private static final int ROUNDS = 7;

  private final PrintStream out;

  private DiskBench(PrintStream out) {
    this.out = out;
  }

  /** Measures in a new folder of the directory for temporary files, and removes it. */
  public static void main(String... args) throws IOException, InterruptedException {
    Path parent =
        args.length > 0 ? Path.of(args[0]) : Path.of(System.getProperty("java.io.tmpdir"));
    Path directory = Files.createTempDirectory(parent, "vmsnap-bench");
    try {
      new DiskBench(System.out).run(directory.toRealPath());
    } finally {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private void run(Path directory) throws IOException, InterruptedException {
    LocalStorage storage = new LocalStorage(directory);
    BaseDisk base = filledBase(storage);
    Load scatteredRead = Load.scattered("read, 4 KiB scattered", false, 8);
    List<Load> loads =
        List.of(
            Load.sequential("first write, 64 KiB in a row", true, 1),
            Load.sequential("rewrite, 64 KiB in a row", true, 2),
            Load.sequential("read, 64 KiB in a row", false, 2),
            Load.scattered("first write, 4 KiB scattered", true, 1),
            Load.scattered("rewrite, 4 KiB scattered", true, 8),
            scatteredRead,
            Load.scattered("", false, 1).pastTheCache("the same, not from the cache"));
    Samples floor = new Samples();
    Map<Overlay, Samples[]> results = new EnumMap<>(Overlay.class);
    for (Overlay overlay : Overlay.values()) {
      results.put(
          overlay, Stream.generate(Samples::new).limit(loads.size()).toArray(Samples[]::new));
    }
    for (int round = 0; round < ROUNDS; round++) {
      System.err.printf("round %d of %d%n", round + 1, ROUNDS);
      // Each goes first in turn: what runs first finds the caches of the one before written back.
      List<Overlay> order = new ArrayList<>(List.of(Overlay.values()));
      Collections.rotate(order, round);
      for (Overlay overlay : order) {
        String node = null;
        for (int i = 0; i < loads.size(); i++) {
          if (loads.get(i).label().startsWith("first write")) {
            node = overlay.create(directory, storage, base);
          }
          results.get(overlay)[i].add(loads.get(i).atMost(overlay.requests()).run(node));
        }
      }
      floor.add(scatteredRead.run(Overlay.rawNode(directory, base)));
    }
    print(loads, results);
    out.printf(
        "  %-30s  %14s  (no format at all: what QEMU's way of a request gives)%n",
        scatteredRead.label() + ", raw", scatteredRead.describe(floor.median()));
    new SealBench(directory, out).run();
    new ExportBench(directory, storage, base, out).run();
  }

  private void print(List<Load> loads, Map<Overlay, Samples[]> results) {
    out.printf("Over a base of %d MiB, medians of %d alternating runs%n", CAPACITY / MIB, ROUNDS);
    out.printf(
        "  %-30s  %14s  %14s  %15s  %8s  %13s%n",
        "",
        Overlay.DELTA.label(),
        Overlay.QCOW2.label(),
        Overlay.VMFS_SPARSE.label(),
        "to qcow2",
        "to vmfsSparse");
    for (int i = 0; i < loads.size(); i++) {
      Load load = loads.get(i);
      double ours = results.get(Overlay.DELTA)[i].median();
      double qcow2 = results.get(Overlay.QCOW2)[i].median();
      double vmfs = results.get(Overlay.VMFS_SPARSE)[i].median();
      out.printf(
          "  %-30s  %14s  %14s  %15s  %7.2fx  %12.2fx%n",
          load.label(),
          load.describe(ours),
          load.describe(qcow2),
          load.describe(vmfs),
          ours / qcow2,
          ours / vmfs);
    }
  }

  /** Copy-on-write copies something: the base has content everywhere. */
  private static BaseDisk filledBase(LocalStorage storage) throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    BaseDisk base = BaseDisk.create(storage, "web.vmdk", CAPACITY, random);
    byte[] bytes = new byte[MIB];
    try (StorageFile file = storage.open(base.extent(), OpenMode.READ_WRITE)) {
      for (long at = 0; at < CAPACITY; at += bytes.length) {
        random.nextBytes(bytes);
        file.write(ByteBuffer.wrap(bytes), at);
      }
      file.sync();
    }
    return base;
  }
}
