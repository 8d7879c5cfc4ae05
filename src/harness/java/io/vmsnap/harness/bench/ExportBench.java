package io.vmsnap.harness.bench;

import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.Seal;
import io.vmsnap.disk.export.DiskExport;
import io.vmsnap.disk.export.ExportFormat;
import io.vmsnap.disk.export.SourceDisk;
import io.vmsnap.harness.tool.Tool;
import io.vmsnap.storage.LocalStorage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/** Export against {@code qemu-img convert}, of the same sealed chain to the same format. */
final class ExportBench {
  private static final int ROUNDS = 3;
  private static final int MIB = 1 << 20;

  private final Path directory;
  private final LocalStorage storage;
  private final BaseDisk base;
  private final PrintStream out;

  ExportBench(Path directory, LocalStorage storage, BaseDisk base, PrintStream out) {
    this.directory = directory;
    this.storage = storage;
    this.base = base;
    this.out = out;
  }

  void run() throws IOException, InterruptedException {
    DeltaDisk delta = Overlay.freshDelta(storage, base);
    Load.scattered("", true, 1).run(Overlay.node(directory, base, delta));
    Seal.run(storage, delta);
    out.printf("%nExport of %d MiB from base and delta%n", base.capacity() / MIB);
    out.printf("  %-18s  %12s  %16s  %7s%n", "format", "vmsnap", "qemu-img convert", "ratio");
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
  }

  private void row(ExportFormat format, DeltaDisk delta, String... options)
      throws IOException, InterruptedException {
    Samples ours = new Samples();
    Samples theirs = new Samples();
    for (int round = 0; round < ROUNDS; round++) {
      storage.delete("export.out");
      long start = System.nanoTime();
      try (SourceDisk source = SourceDisk.open(storage, delta.files().descriptor())) {
        new DiskExport(source, 6, (done, total) -> {}).toFile(format, storage, "export.out");
      }
      ours.add(rate(start));
      storage.delete("export.out");
      start = System.nanoTime();
      Tool.of("qemu-img", "convert", "-f", "vmdk")
          .and(options)
          .and(delta.files().descriptor(), "export.out")
          .in(directory)
          .output();
      // Our export is durable when it ends; so must be the one it is compared with.
      Tool.of("sync", "export.out").in(directory).output();
      theirs.add(rate(start));
    }
    storage.delete("export.out");
    out.printf(
        "  %-18s  %8.0f MiB/s  %12.0f MiB/s  %6.2fx%n",
        format, ours.median(), theirs.median(), ours.median() / theirs.median());
  }

  private double rate(long start) {
    return base.capacity() / (double) MIB / ((System.nanoTime() - start) / 1e9);
  }
}
