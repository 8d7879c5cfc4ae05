package io.vmsnap.harness.bench;

import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.harness.bench.page.Figure;
import io.vmsnap.harness.tool.Tool;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
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

  private final BenchRun run;
  private final PrintStream out;
  private final long capacity;
  private final int rounds;

  private DiskBench(BenchRun run) {
    this.run = run;
    this.out = run.out();
    this.capacity = run.mebibytes(List.of(512L), List.of(128L)).getFirst() * MIB;
    this.rounds = run.fullOrQuick(15, 3);
  }

  public static void measure(BenchRun run) throws IOException, InterruptedException {
    new DiskBench(run).run(run.folder());
  }

  private void run(Path directory) throws IOException, InterruptedException {
    LocalStorage storage = new LocalStorage(directory);
    BaseDisk base = filledBase(storage);
    Load scatteredRead = Load.scattered("read, 4 KiB scattered", capacity, false, 8);
    List<Load> loads =
        List.of(
            Load.sequential("first write, 64 KiB in a row", capacity, true, 1),
            Load.sequential("rewrite, 64 KiB in a row", capacity, true, 2),
            Load.sequential("read, 64 KiB in a row", capacity, false, 2),
            Load.scattered("first write, 4 KiB scattered", capacity, true, 1),
            Load.scattered("rewrite, 4 KiB scattered", capacity, true, 8),
            scatteredRead,
            Load.scattered("", capacity, false, 1).pastTheCache("read, 4 KiB scattered, uncached"));
    Samples floor = new Samples();
    Map<Overlay, Samples[]> results = new EnumMap<>(Overlay.class);
    for (Overlay overlay : Overlay.values()) {
      results.put(
          overlay, Stream.generate(Samples::new).limit(loads.size()).toArray(Samples[]::new));
    }
    for (int round = 0; round < rounds; round++) {
      run.progress(round + 1, rounds, "all loads on the three formats");
      // Each goes first in turn, equally often: nothing of the round is in the caches by then.
      List<Overlay> order = new ArrayList<>(List.of(Overlay.values()));
      Collections.rotate(order, round);
      for (Overlay overlay : order) {
        String node = null;
        for (int i = 0; i < loads.size(); i++) {
          if (loads.get(i).label().startsWith("first write")) {
            node = overlay.create(directory, storage, base);
            // What others left to write, and the files that were deleted for this one.
            Tool.of("sync", "-f", directory.toString()).output();
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
    new SealBench(run).run();
    Path exported = new ExportBench(run, storage, base).run();
    new AdoptBench(run, exported).run();
  }

  private void print(List<Load> loads, Map<Overlay, Samples[]> results) {
    out.printf("Over a base of %d MiB, medians of %d alternating runs%n", capacity / MIB, rounds);
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
      run.add(figure(load, results, i, Overlay.QCOW2));
      run.add(figure(load, results, i, Overlay.VMFS_SPARSE));
    }
  }

  private Figure figure(Load load, Map<Overlay, Samples[]> results, int i, Overlay peer) {
    return new Figure(
        load.label(),
        capacity / MIB + " MiB",
        load.unit(),
        true,
        results.get(Overlay.DELTA)[i].values().stream().map(load::inUnit).toList(),
        peer.label(),
        results.get(peer)[i].values().stream().map(load::inUnit).toList(),
        null);
  }

  /** Copy-on-write copies something: the base has content everywhere. */
  private BaseDisk filledBase(LocalStorage storage) throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    BaseDisk base = BaseDisk.create(storage, "web.vmdk", capacity, random);
    byte[] bytes = new byte[MIB];
    try (StorageFile file = storage.open(base.extent(), OpenMode.READ_WRITE)) {
      for (long at = 0; at < capacity; at += bytes.length) {
        random.nextBytes(bytes);
        file.write(ByteBuffer.wrap(bytes), at);
      }
      file.sync();
    }
    return base;
  }
}
