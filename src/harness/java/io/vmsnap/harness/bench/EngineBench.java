package io.vmsnap.harness.bench;

import io.vmsnap.harness.bench.page.Curve;
import java.io.IOException;
import java.util.List;

/**
 * {@code ./vmsnap bench engine}: how the engine's costs grow with the length of chains, the size
 * and number of disks, the length of the history and the number of files, each held against the
 * order that it is meant to have.
 */
public final class EngineBench {
  private EngineBench() {}

  /**
   * How far to go.
   *
   * @param depths deltas in a row, the largest last
   * @param gibibytes capacities of a sparse disk
   * @param disks of one machine
   * @param entries of a history
   * @param files in a machine's directory
   * @param chainMebibytes capacity of the disk below the deltas
   */
  public record Sizes(
      List<Integer> depths,
      List<Integer> gibibytes,
      List<Integer> disks,
      List<Integer> entries,
      List<Integer> files,
      int chainMebibytes,
      int rounds) {
    static final Sizes FULL =
        new Sizes(
            List.of(1, 2, 4, 8, 16, 32),
            List.of(1, 8, 64, 512, 2040),
            List.of(1, 2, 4, 8, 16, 32, 64),
            List.of(10, 100, 300, 1000, 3000, 10_000),
            List.of(10, 100, 300, 1000, 3000, 10_000),
            256,
            5);
    static final Sizes QUICK =
        new Sizes(
            List.of(1, 8, 32),
            List.of(1, 64, 2040),
            List.of(1, 8, 64),
            List.of(100, 1000, 10_000),
            List.of(100, 1000, 10_000),
            64,
            3);
  }

  public static void measure(BenchRun run) throws IOException, InterruptedException {
    measure(run, run.fullOrQuick(Sizes.FULL, Sizes.QUICK));
  }

  /** Measures with sizes of the caller's. */
  public static void measure(BenchRun run, Sizes sizes) throws IOException, InterruptedException {
    run.note(
        "Snapshots here are of a machine that is off, made by the engine in one process, durable when"
            + " they end: most of their time is the volume's syncs.");
    run.progress(1, 5, "chains of up to " + sizes.depths().getLast() + " deltas");
    new ChainDepthBench(run, sizes).run();
    run.progress(2, 5, "sparse disks of up to " + sizes.gibibytes().getLast() + " GiB");
    CapacityBench.run(run, sizes);
    run.progress(3, 5, "machines of up to " + sizes.disks().getLast() + " disks");
    DirectorySizeBench.disks(run, sizes);
    run.progress(4, 5, "histories of up to " + sizes.entries().getLast() + " entries");
    DirectorySizeBench.entries(run, sizes);
    run.progress(5, 5, "directories of up to " + sizes.files().getLast() + " files");
    DirectorySizeBench.files(run, sizes);
  }

  /** Prints a curve and puts it on the page. */
  static void report(BenchRun run, Curve curve) {
    CostSweep.print(curve, run.out());
    run.add(curve);
  }
}
