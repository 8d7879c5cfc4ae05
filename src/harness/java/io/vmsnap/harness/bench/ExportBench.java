package io.vmsnap.harness.bench;

import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.Seal;
import io.vmsnap.disk.export.DiskExport;
import io.vmsnap.disk.export.ExportFormat;
import io.vmsnap.disk.export.SourceDisk;
import io.vmsnap.harness.bench.page.Figure;
import io.vmsnap.harness.tool.Tool;
import io.vmsnap.storage.LocalStorage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/**
 * Export against {@code qemu-img convert} to the same format: of the same sealed chain, and of the
 * same content in the formats that qemu-img reads fastest, qcow2 and raw. Each goes first in turn.
 */
final class ExportBench {
  private static final int ROUNDS = 4;

  /** Compression takes long enough to be told from noise. */
  private static final int COMPRESSED_ROUNDS = 2;

  private static final int QUICK_ROUNDS = 2;

  private static final int ROWS = 4;
  private static final int MIB = 1 << 20;

  private final BenchRun run;
  private final Path directory;
  private final LocalStorage storage;
  private final BaseDisk base;
  private final PrintStream out;
  private int rows;

  ExportBench(BenchRun run, LocalStorage storage, BaseDisk base) {
    this.run = run;
    this.directory = run.folder();
    this.storage = storage;
    this.base = base;
    this.out = run.out();
  }

  /**
   * Measures.
   *
   * @return a raw file with what was exported, in the folder of the run
   */
  Path run() throws IOException, InterruptedException {
    DeltaDisk delta = Overlay.freshDelta(storage, base);
    Load.scattered("", base.capacity(), true, 1).run(Overlay.node(directory, base, delta));
    Seal.run(storage, delta);
    Tool.of("qemu-img", "convert", "-f", "vmdk", "-O", "qcow2")
        .and(delta.files().descriptor(), Source.QCOW2.file)
        .in(directory)
        .output();
    Tool.of("qemu-img", "convert", "-f", "vmdk", "-O", "raw")
        .and(delta.files().descriptor(), Source.RAW.file)
        .in(directory)
        .output();
    out.printf(
        "%nExport of %d MiB from base and delta, and qemu-img convert from three sources%n",
        base.capacity() / MIB);
    out.printf(
        "  %-18s  %12s  %12s  %12s  %12s  %14s%n",
        "format", "vmsnap", "same chain", "qcow2", "raw", "to the fastest");
    row(ExportFormat.RAW, delta, "-O", "raw");
    row(ExportFormat.QCOW2, delta, "-O", "qcow2");
    row(ExportFormat.MONOLITHIC_SPARSE, delta, "-O", "vmdk");
    row(
        ExportFormat.STREAM_OPTIMIZED,
        delta,
        "-O",
        "vmdk",
        "-o",
        "subformat=streamOptimized",
        "-m",
        "" + Runtime.getRuntime().availableProcessors());
    return directory.resolve(Source.RAW.file);
  }

  /** What qemu-img converts from. */
  private enum Source {
    CHAIN("vmdk", null),
    QCOW2("qcow2", "source.qcow2"),
    RAW("raw", "source.raw");

    private final String driver;
    private final String file;

    Source(String driver, String file) {
      this.driver = driver;
      this.file = file;
    }
  }

  private void row(ExportFormat format, DeltaDisk delta, String... options)
      throws IOException, InterruptedException {
    run.progress(++rows, ROWS, "export to " + format);
    Samples ours = new Samples();
    Map<Source, Samples> theirs = new EnumMap<>(Source.class);
    boolean compressed = format == ExportFormat.STREAM_OPTIMIZED;
    int rounds =
        run.fullOrQuick(compressed ? COMPRESSED_ROUNDS : ROUNDS, compressed ? 1 : QUICK_ROUNDS);
    for (int round = 0; round < rounds; round++) {
      if (round % 2 == 0) {
        ours.add(export(format, delta));
      }
      for (Source source : Source.values()) {
        String file = source.file == null ? delta.files().descriptor() : source.file;
        theirs
            .computeIfAbsent(source, s -> new Samples())
            .add(convert(source.driver, file, options));
      }
      if (round % 2 == 1) {
        ours.add(export(format, delta));
      }
    }
    storage.delete("export.out");
    Source best = Source.CHAIN;
    for (Source source : Source.values()) {
      best = theirs.get(source).median() > theirs.get(best).median() ? source : best;
    }
    run.add(figure(format, ours, "qemu-img convert, same chain", theirs.get(Source.CHAIN)));
    if (best != Source.CHAIN) {
      run.add(figure(format, ours, "qemu-img convert, from " + best.driver, theirs.get(best)));
    }
    out.printf(
        "  %-18s  %6.0f MiB/s  %6.0f MiB/s  %6.0f MiB/s  %6.0f MiB/s  %13.2fx%n",
        format,
        ours.median(),
        theirs.get(Source.CHAIN).median(),
        theirs.get(Source.QCOW2).median(),
        theirs.get(Source.RAW).median(),
        ours.median() / theirs.get(best).median());
  }

  private Figure figure(ExportFormat format, Samples ours, String peerName, Samples peer) {
    return new Figure(
        "export to " + format,
        base.capacity() / MIB + " MiB",
        "MiB/s",
        true,
        ours.values(),
        peerName,
        peer.values(),
        null);
  }

  private double export(ExportFormat format, DeltaDisk delta) throws IOException {
    storage.delete("export.out");
    long start = System.nanoTime();
    try (SourceDisk source = SourceDisk.open(storage, delta.files().descriptor())) {
      new DiskExport(source, 6, (done, total) -> {}).toFile(format, storage, "export.out");
    }
    return rate(start);
  }

  private double convert(String driver, String file, String... options)
      throws IOException, InterruptedException {
    storage.delete("export.out");
    long start = System.nanoTime();
    Tool.of("qemu-img", "convert", "-f", driver)
        .and(options)
        .and(file, "export.out")
        .in(directory)
        .output();
    // Our export is durable when it ends; so must be the one it is compared with.
    Tool.of("sync", "export.out").in(directory).output();
    return rate(start);
  }

  private double rate(long start) {
    return base.capacity() / (double) MIB / ((System.nanoTime() - start) / 1e9);
  }
}
