package io.vmsnap.harness.bench;

import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.merge.DeltaMerge;
import io.vmsnap.disk.merge.MergeProgress;
import io.vmsnap.disk.merge.MergeSettings;
import io.vmsnap.disk.merge.MergeTarget;
import io.vmsnap.harness.tool.Tool;
import io.vmsnap.storage.LocalStorage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
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
  private static final long[] SIZES = {64 * MIB, 256 * MIB, 1024 * MIB, 4096 * MIB};
  private static final int ROUNDS = 3;
  private static final String DELTA = "web-000001.vmdk";
  private static final String OVERLAY = "overlay.qcow2";

  private final PrintStream out;
  private final long largest;

  /** Null where libvirt does not run. */
  private final LibvirtCommit libvirt;

  private ConsolidateBench(PrintStream out, long largest, LibvirtCommit libvirt) {
    this.out = out;
    this.largest = largest;
    this.libvirt = libvirt;
  }

  /**
   * @param args folder to work in, and the largest delta in MiB; by default the directory for
   *     temporary files, and 4096
   */
  public static void main(String... args) throws IOException, InterruptedException {
    Path parent = Path.of(args.length > 0 ? args[0] : System.getProperty("java.io.tmpdir"));
    long largest = args.length > 1 ? Long.parseLong(args[1]) * MIB : Long.MAX_VALUE;
    Path folder = Files.createTempDirectory(parent, "vmsnap-bench").toRealPath();
    Path libvirtFolder = Files.createTempDirectory("v");
    Tool.of("chmod", "755", folder.toString(), libvirtFolder.toString()).output();
    try (LibvirtCommit libvirt = libvirt(libvirtFolder)) {
      ConsolidateBench bench = new ConsolidateBench(System.out, largest, libvirt);
      bench.out.printf("Merge of a delta into its base, medians of %d turns, in ms%n", ROUNDS);
      bench.runOn(folder, "ext4", "mkfs.ext4", "-q");
      bench.runOn(folder, "xfs", "mkfs.xfs", "-q", "-m", "reflink=1");
    } finally {
      RevertBench.delete(libvirtFolder);
      Files.delete(folder);
    }
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
      for (long size : SIZES) {
        if (size <= largest) {
          row(volume.path(), size, REQUEST, "in a row");
        }
      }
      if (256 * MIB <= largest) {
        row(volume.path(), 256 * MIB, 4 * REQUEST, "64 KiB of every 256");
      }
    }
  }

  /** Writes in steps, so that the whole is spread over more of the disk. */
  private void row(Path directory, long size, int step, String pattern)
      throws IOException, InterruptedException {
    LocalStorage storage = new LocalStorage(directory);
    long capacity = size / REQUEST * step;
    BaseDisk base = BaseDisk.create(storage, "web.vmdk", capacity, new SplittableRandom(1));
    DeltaDisk delta = DeltaDisk.create(storage, "web.vmdk", DELTA, new SplittableRandom(2));
    Tool.of("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", base.extent(), OVERLAY)
        .in(directory)
        .output();
    int requests = (int) (size / REQUEST);
    new Load("", true, (int) (capacity / REQUEST), REQUEST, REQUEST)
        .run("{\"driver\":\"raw\",\"file\":" + Overlay.file(directory, base.extent()) + "}");
    Load writes = new Load("", true, requests, REQUEST, step);
    writes.run(Overlay.node(directory, base, delta));
    writes.run("{\"driver\":\"qcow2\",\"file\":" + Overlay.file(directory, OVERLAY) + "}");
    copy(directory, base.extent(), "base.keep");
    copy(directory, delta.files().index(), "index.keep");
    Tool.of("sync", "-f", ".").in(directory).output();
    Samples ours = new Samples();
    Samples theirs = new Samples();
    Samples virsh = new Samples();
    for (int round = 0; round < ROUNDS; round++) {
      copy(directory, "index.keep", delta.files().index());
      restore(directory, base);
      ours.add(merge(storage, delta));
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
    for (String file : storage.list("")) {
      storage.delete(file);
    }
    DeltaDisk.delete(storage, DELTA);
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
