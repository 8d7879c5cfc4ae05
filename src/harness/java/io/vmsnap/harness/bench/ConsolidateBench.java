package io.vmsnap.harness.bench;

import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.merge.DeltaMerge;
import io.vmsnap.disk.merge.MergeProgress;
import io.vmsnap.disk.merge.MergeSettings;
import io.vmsnap.disk.merge.MergeTarget;
import io.vmsnap.harness.bench.page.Figure;
import io.vmsnap.harness.bench.page.Order;
import io.vmsnap.harness.tool.Tool;
import io.vmsnap.storage.LocalStorage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/**
 * {@code ./vmsnap bench consolidate}: how long a delta takes to merge into a base that has content,
 * beside {@code qemu-img commit} and {@code virsh snapshot-delete} of a qcow2 overlay with the same
 * writes. All end with the base on disk, and begin with the data in the page cache; they take
 * turns.
 */
public final class ConsolidateBench {
  private static final long MIB = 1 << 20;
  private static final int KIB = 1 << 10;
  private static final int REQUEST = 64 * KIB;
  private static final int ROUNDS = 5;
  private static final String OURS = "vmsnap";
  private static final String COMMIT = "qemu-img commit";
  private static final String VIRSH = "virsh snapshot-delete";
  private static final String SCATTERED = "64 KiB of every 256";
  private static final String DELTA = "web-000001.vmdk";
  private static final String OVERLAY = "overlay.qcow2";

  private final BenchRun run;
  private final PrintStream out;
  private final List<Long> sizes;
  private final int steps;

  /** Null where libvirt does not run. */
  private final LibvirtCommit libvirt;

  private int step;

  private ConsolidateBench(BenchRun run, LibvirtCommit libvirt) {
    this.run = run;
    this.out = run.out();
    this.sizes = run.mebibytes(List.of(64L, 256L, 1024L, 4096L), List.of(64L));
    this.steps = 2 * (sizes.size() + 1);
    this.libvirt = libvirt;
  }

  /** Mounts file systems of its own, for which it has to be root. */
  public static void measure(BenchRun run) throws IOException, InterruptedException {
    Path libvirtFolder = Files.createTempDirectory("v");
    Tool.of("chmod", "755", libvirtFolder.toString()).output();
    try (LibvirtCommit libvirt = libvirt(libvirtFolder)) {
      new ConsolidateBench(run, libvirt).measure();
    } finally {
      RevertBench.delete(libvirtFolder);
    }
  }

  private void measure() throws IOException, InterruptedException {
    out.printf("Merge of a delta into its base, medians of %d turns, in ms%n", ROUNDS);
    runOn(run.folder(), "ext4", "mkfs.ext4", "-q");
    runOn(run.folder(), "xfs", "mkfs.xfs", "-q", "-m", "reflink=1");
    run.note(
        "All end with the base on the volume, and begin with the data in the page cache. The file"
            + " systems are made for the measurement, in sparse files.");
  }

  private static LibvirtCommit libvirt(Path folder) throws InterruptedException {
    try {
      return LibvirtCommit.open(folder);
    } catch (IOException e) {
      System.out.println("virsh does not run here: " + e.getMessage().strip());
      return null;
    }
  }

  private void runOn(Path folder, String name, String... mkfs)
      throws IOException, InterruptedException {
    try (LoopVolume volume = LoopVolume.mount(folder, name, 24L << 30, mkfs)) {
      out.printf("%n%s%n", name.equals("xfs") ? "XFS with reflink" : name);
      out.printf(
          "  %8s  %-20s  %8s  %24s  %24s%n",
          "delta", "", "vmsnap", "qemu-img commit", "virsh snapshot-delete");
      CostSweep sweep =
          new CostSweep().expect(OURS, Order.LINEAR).expect(COMMIT, null).expect(VIRSH, null);
      for (long size : sizes) {
        row(volume, name, size * MIB, REQUEST, "in a row", sweep);
      }
      row(volume, name, Math.min(256, sizes.getLast()) * MIB, 4 * REQUEST, SCATTERED, null);
      run.add(
          sweep.curve(
              "merge-" + name,
              "Merge of a delta into its base on " + name + ", written in a row",
              "MiB in the delta",
              "milliseconds"));
    }
  }

  /** Writes in steps, so that the whole is spread over more of the disk. */
  private void row(
      LoopVolume volume, String name, long size, int stride, String pattern, CostSweep sweep)
      throws IOException, InterruptedException {
    run.progress(++step, steps, name + ", " + size / MIB + " MiB, " + pattern);
    Path directory = volume.path();
    LocalStorage storage = new LocalStorage(directory);
    long capacity = size / REQUEST * stride;
    BaseDisk base = BaseDisk.create(storage, "web.vmdk", capacity, new SplittableRandom(1));
    DeltaDisk delta = DeltaDisk.create(storage, "web.vmdk", DELTA, new SplittableRandom(2));
    Tool.of("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", base.extent(), OVERLAY)
        .in(directory)
        .output();
    int requests = (int) (size / REQUEST);
    new Load("", true, (int) (capacity / REQUEST), REQUEST, REQUEST)
        .run("{\"driver\":\"raw\",\"file\":" + Overlay.file(directory, base.extent()) + "}");
    Load writes = new Load("", true, requests, REQUEST, stride);
    writes.run(Overlay.node(directory, base, delta));
    writes.run("{\"driver\":\"qcow2\",\"file\":" + Overlay.file(directory, OVERLAY) + "}");
    copy(directory, base.extent(), "base.keep");
    copy(directory, delta.files().index(), "index.keep");
    Tool.of("sync", "-f", ".").in(directory).output();
    Samples ours = new Samples();
    Samples theirs = new Samples();
    Samples virsh = new Samples();
    for (int round = -1; round < ROUNDS; round++) {
      copy(directory, "index.keep", delta.files().index());
      restore(directory, base);
      double merged = merge(storage, delta);
      if (round < 0) {
        continue; // the JVM's first merge of this kind; what a process costs is StartupBench's
      }
      ours.add(merged);
      restore(directory, base);
      theirs.add(commit(directory, base));
      if (libvirt != null) {
        restore(directory, base);
        virsh.add(libvirt.commit(directory.resolve(base.extent()), directory.resolve(OVERLAY)));
      }
    }
    out.printf(
        "  %4d MiB  %-20s  %8.1f  %24s  %24s%n",
        size / MIB, pattern, ours.median(), beside(theirs, ours), beside(virsh, ours));
    String path = "merge on " + name + ", " + pattern;
    run.add(figure(path, size, ours, COMMIT, theirs));
    run.add(figure(path, size, ours, VIRSH, virsh));
    if (sweep != null) {
      double mebibytes = size / (double) MIB;
      ours.values().forEach(v -> sweep.add(OURS, mebibytes, v));
      theirs.values().forEach(v -> sweep.add(COMMIT, mebibytes, v));
      virsh.values().forEach(v -> sweep.add(VIRSH, mebibytes, v));
    }
    for (String file : storage.list("")) {
      storage.delete(file);
    }
    DeltaDisk.delete(storage, DELTA);
  }

  private static Figure figure(
      String path, long size, Samples ours, String peerName, Samples peer) {
    return new Figure(
        path, size / MIB + " MiB", "ms", false, ours.values(), peerName, peer.values(), null);
  }

  private static String beside(Samples theirs, Samples ours) {
    return theirs.isEmpty()
        ? "not measured"
        : "%.1f (%.1fx)".formatted(theirs.median(), theirs.median() / ours.median());
  }

  private static double merge(LocalStorage storage, DeltaDisk delta) throws IOException {
    long start = System.nanoTime();
    DeltaMerge.run(
        storage,
        delta,
        MergeTarget.open(storage, "web.vmdk"),
        MergeSettings.DEFAULT,
        MergeProgress.SILENT);
    return (System.nanoTime() - start) / 1e6;
  }

  private static double commit(Path directory, BaseDisk base)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    // -d: the overlay is not emptied, which spares it work; ours goes as a whole afterwards.
    Tool.of("qemu-img", "commit", "-q", "-d", OVERLAY).in(directory).output();
    Tool.of("sync", base.extent()).in(directory).output();
    return (System.nanoTime() - start) / 1e6;
  }

  /** The base as before, with blocks that are its own: to write shared ones takes longer. */
  private static void restore(Path directory, BaseDisk base)
      throws IOException, InterruptedException {
    Tool.of("cp", "--reflink=never", "base.keep", base.extent()).in(directory).output();
    Tool.of("sync", "-f", ".").in(directory).output();
  }

  private static void copy(Path directory, String from, String to)
      throws IOException, InterruptedException {
    Tool.of("cp", "--reflink=auto", from, to).in(directory).output();
  }
}
