package io.vmsnap.harness.bench;

import io.vmsnap.harness.bench.page.Figure;
import io.vmsnap.harness.tool.Tool;
import io.vmsnap.snapshot.RefusedException;
import io.vmsnap.snapshot.adopt.AdoptListener;
import io.vmsnap.snapshot.adopt.Adoption;
import io.vmsnap.storage.LocalStorage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Taking over a directory of VMware's against {@code qemu-img convert} of its disk to raw. The
 * takeover also reads its copy back and compares digests, so {@code qemu-img compare} after the
 * conversion, which proves as much, is the fairer peer; both are printed. They take turns.
 */
final class AdoptBench {
  private static final int ROUNDS = 4;
  private static final int QUICK_ROUNDS = 2;
  private static final int MIB = 1 << 20;
  private static final String DISK = "old.vmdk";
  private static final String COPY = "converted.raw";
  private static final List<String> FORMATS =
      List.of("monolithicSparse", "twoGbMaxExtentSparse", "streamOptimized");

  private final BenchRun run;
  private final Path content;
  private final long capacity;
  private final PrintStream out;

  /**
   * @param content what the disks hold, raw
   */
  AdoptBench(BenchRun run, Path content) throws IOException {
    this.run = run;
    this.content = content;
    this.capacity = Files.size(content);
    this.out = run.out();
  }

  void run() throws IOException, InterruptedException {
    out.printf("%nAdoption of a disk of %d MiB, and qemu-img convert to raw%n", capacity / MIB);
    out.printf(
        "  %-20s  %12s  %16s  %22s  %12s  %12s%n",
        "from", "vmsnap", "convert", "convert and compare", "to convert", "to both");
    int step = 0;
    for (String format : FORMATS) {
      run.progress(++step, FORMATS.size(), "adopt " + format);
      row(format);
    }
  }

  private void row(String format) throws IOException, InterruptedException {
    Path kept = Files.createTempDirectory(run.folder(), "foreign");
    Path directory = run.folder().resolve("adopted");
    try {
      Tool.of("qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=" + format)
          .and(content.toString(), DISK)
          .in(kept)
          .output();
      Files.writeString(
          kept.resolve("old.vmx"),
          """
          .encoding = "UTF-8"
          config.version = "8"
          virtualHW.version = "14"
          displayName = "old"
          scsi0.present = "TRUE"
          scsi0:0.present = "TRUE"
          scsi0:0.fileName = "%s"
          """
              .formatted(DISK));
      Samples ours = new Samples();
      Samples convert = new Samples();
      Samples both = new Samples();
      for (int round = 0; round < run.fullOrQuick(ROUNDS, QUICK_ROUNDS); round++) {
        if (round % 2 == 0) {
          ours.add(adopt(kept, directory));
        }
        convert(kept, convert, both);
        if (round % 2 == 1) {
          ours.add(adopt(kept, directory));
        }
      }
      out.printf(
          "  %-20s  %6.0f MiB/s  %10.0f MiB/s  %16.0f MiB/s  %11.2fx  %11.2fx%n",
          format,
          ours.median(),
          convert.median(),
          both.median(),
          ours.median() / convert.median(),
          ours.median() / both.median());
      add(format, ours, "qemu-img convert", convert);
      add(format, ours, "qemu-img convert and compare", both);
    } finally {
      RevertBench.delete(kept);
      remove(directory);
    }
  }

  private void add(String format, Samples ours, String peerName, Samples peer) {
    run.add(
        new Figure(
            "adopt " + format,
            capacity / MIB + " MiB",
            "MiB/s",
            true,
            ours.values(),
            peerName,
            peer.values(),
            null));
  }

  private double adopt(Path kept, Path directory) throws IOException, InterruptedException {
    remove(directory);
    // Links, not copies: an adoption moves what it takes over and writes none of it.
    Tool.of("cp", "--recursive", "--link", kept.toString(), directory.toString()).output();
    Tool.of("sync", "-f", directory.toString()).output();
    long start = System.nanoTime();
    try (LocalStorage storage = new LocalStorage(directory)) {
      new Adoption(storage, new Silence()).run(false);
    } catch (RefusedException e) {
      throw new IOException(e.getMessage(), e);
    }
    return rate(start);
  }

  private void convert(Path kept, Samples alone, Samples both)
      throws IOException, InterruptedException {
    Files.deleteIfExists(kept.resolve(COPY));
    Tool.of("sync", "-f", kept.toString()).output();
    long start = System.nanoTime();
    Tool.of("qemu-img", "convert", "-f", "vmdk", "-O", "raw", DISK, COPY).in(kept).output();
    // Our copy is durable when it ends; so must be the one it is compared with.
    Tool.of("sync", COPY).in(kept).output();
    alone.add(rate(start));
    Tool.of("qemu-img", "compare", "-f", "vmdk", "-F", "raw", DISK, COPY).in(kept).output();
    both.add(rate(start));
    Files.delete(kept.resolve(COPY));
  }

  private static void remove(Path directory) throws IOException {
    if (Files.exists(directory)) {
      RevertBench.delete(directory);
    }
  }

  private double rate(long start) {
    return capacity / (double) MIB / ((System.nanoTime() - start) / 1e9);
  }

  private static final class Silence implements AdoptListener {
    @Override
    public void begin(String step, int done, int steps) {}

    @Override
    public void at(long done, long total) {}
  }
}
