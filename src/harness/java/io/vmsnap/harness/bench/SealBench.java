package io.vmsnap.harness.bench;

import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.DeltaLayout;
import io.vmsnap.disk.delta.Seal;
import io.vmsnap.harness.bench.page.Order;
import io.vmsnap.harness.tool.Tool;
import io.vmsnap.storage.LocalStorage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;

/** How long a seal takes, by the grains that changed since the one before. */
final class SealBench {
  private static final long CAPACITY = 256L << 30;
  private static final String SEAL = "seal";
  private static final int[] GRAINS = {0, 16, 256, 4096, 16384, 65536};

  private final BenchRun run;
  private final Path directory;
  private final PrintStream out;
  private final CostSweep sweep = new CostSweep().expect(SEAL, Order.LINEAR);

  SealBench(BenchRun run) {
    this.run = run;
    this.directory = run.folder();
    this.out = run.out();
  }

  void run() throws IOException, InterruptedException {
    LocalStorage storage = new LocalStorage(directory);
    BaseDisk base = BaseDisk.create(storage, "big.vmdk", CAPACITY, new SplittableRandom(2));
    DeltaDisk delta =
        DeltaDisk.create(storage, base.descriptor(), "big-000001.vmdk", new SplittableRandom(3));
    String node = Overlay.node(directory, base, delta);
    out.printf("%nSeal of a delta over a sparse disk of 256 GiB%n");
    out.printf(
        "  %12s  %12s  %14s  %10s  %10s  %10s%n",
        "changed", "held", "tables written", "read", "written", "seal");
    long at = 0;
    int[] steps = run.fullOrQuick(GRAINS, Arrays.copyOf(GRAINS, 4));
    for (int grains : steps) {
      delta.markIndexAhead(storage);
      if (grains > 0) {
        // One grain in every 32 KiB, each time in a part of the disk that was never written.
        Load writes = new Load("", true, grains, DeltaLayout.GRAIN, 32 << 10);
        writes.runFrom(at, node);
        at += (long) grains * (32 << 10);
      }
      // What the guest wrote is not the seal's to write.
      Tool.of("sync", delta.files().extent(), delta.files().index()).in(directory).output();
      CountingStorage counted = new CountingStorage(storage);
      long start = System.nanoTime();
      Seal.Result sealed = Seal.run(counted.storage(), delta);
      double milliseconds = (System.nanoTime() - start) / 1e6;
      out.printf(
          "  %,12d  %,12d  %,14d  %,6d KiB  %,6d KiB  %7.1f ms%n",
          grains,
          sealed.grains(),
          sealed.tablesWritten(),
          counted.read() >> 10,
          counted.written() >> 10,
          milliseconds);
      if (grains > 0) {
        sweep.add(SEAL, grains, milliseconds);
      }
    }
    run.add(
        sweep.curve(
            "seal",
            "Seal of a delta over 256 GiB",
            "grains of 4 KiB changed since the seal before",
            "milliseconds"));
    DeltaDisk.delete(storage, "big-000001.vmdk");
  }
}
