package io.vmsnap.harness.bench;

import io.vmsnap.harness.tool.Tool;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.SnapshotResult;
import io.vmsnap.vmdir.memory.MemoryFile;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * {@code ./vmsnap bench memory}: snapshots with memory, by the size of the RAM, half of which has
 * content, of an idle guest and of one that changes its RAM; beside {@code virsh snapshot-create-as
 * --memspec --live} of the same guest. They take turns; medians are printed.
 *
 * <p>The guest prints a line about every millisecond. What it notices of a snapshot is the longest
 * silence on its console meanwhile, for both in the same way; QEMU's own STOP and RESUME events
 * tell ours too.
 */
public final class MemoryBench {
  private static final long[] SIZES = {256, 1024, 2048, 4096};
  private static final int ROUNDS = 3;

  /** 2 MiB of RAM changed about every millisecond. */
  private static final int DIRTY_PAGES = 512;

  private final Path folder;
  private final PrintStream out;
  private int requests;

  private MemoryBench(Path folder, PrintStream out) {
    this.folder = folder;
    this.out = out;
  }

  /**
   * Measures in a new folder of the directory for temporary files, and removes it.
   *
   * @param args the folder, then sizes of RAM in MiB
   */
  public static void main(String... args) throws IOException, InterruptedException {
    Path parent =
        args.length > 0 ? Path.of(args[0]) : Path.of(System.getProperty("java.io.tmpdir"));
    Path directory = Files.createTempDirectory(parent, "vmsnap-bench").toRealPath();
    Tool.of("chmod", "755", directory.toString()).output();
    try {
      new MemoryBench(directory, System.out)
          .run(
              args.length > 1
                  ? Arrays.stream(args).skip(1).mapToLong(Long::parseLong).toArray()
                  : SIZES);
    } finally {
      RevertBench.delete(directory);
    }
  }

  private void run(long[] sizes) throws IOException, InterruptedException {
    out.printf(
        "Snapshot with memory, half of the RAM filled; medians of %d turns, ms and MiB%n", ROUNDS);
    out.printf(
        "  %9s %-8s  %-38s  %-38s  %s%n",
        "RAM", "guest", "background snapshot", "pre-copy", "virsh --memspec --live");
    out.printf(
        "  %9s %-8s  %-38s  %-38s  %s%n",
        "",
        "",
        "stun  silence     total  written",
        "stun  silence     total  written",
        "silence     total");
    for (long mebibytes : sizes) {
      measure(mebibytes, "idle", 0);
      measure(mebibytes, "dirtying", DIRTY_PAGES);
    }
    out.println(
        "stun: between QEMU's STOP and RESUME. silence: longest on the guest's console. total: the"
            + " engine's, checks and checksums included; virsh: the command's.");
  }

  private void measure(long mebibytes, String name, int dirtyPages)
      throws IOException, InterruptedException {
    Path place = Files.createDirectories(folder.resolve(name + "-" + mebibytes));
    Path directory = Files.createDirectories(place.resolve("vm"));
    TickingGuest.write(directory.resolve("boot.img"), mebibytes << 20, dirtyPages);
    Path libvirtFolder = Files.createTempDirectory("v");
    Row background = new Row();
    Row preCopy = new Row();
    Row virsh = new Row();
    String obstacle = null;
    // Not both guests at once: each takes a core all the time.
    Path console = place.resolve("console");
    try (RunnerMachine machine = RunnerMachine.start(directory, console, mebibytes)) {
      for (int round = 0; round < ROUNDS; round++) {
        save(machine, console, MemoryFile.BACKGROUND_SNAPSHOT, background);
        save(machine, console, MemoryFile.PRE_COPY, preCopy);
      }
    }
    try (LibvirtMachine libvirt =
        LibvirtMachine.boot(
            libvirtFolder, mebibytes, (disk, ram) -> TickingGuest.write(disk, ram, dirtyPages))) {
      for (int round = 0; round < ROUNDS; round++) {
        try (TickWatch watch = watch(libvirt.console())) {
          virsh.total.add(libvirt.saveMemory(round));
          settle();
          virsh.silence.add(watch.longestSilence());
        }
      }
    } catch (IOException e) {
      obstacle = e.getMessage().strip().lines().reduce((first, last) -> last).orElse("");
    } finally {
      RevertBench.delete(libvirtFolder);
      RevertBench.delete(place);
    }
    out.printf(
        "  %5d MiB %-8s  %s  %s  %s%n",
        mebibytes,
        name,
        background.full(),
        preCopy.full(),
        obstacle == null
            ? "%7.1f  %8.0f".formatted(virsh.silence.median(), virsh.total.median())
            : "not measured: " + obstacle);
  }

  /** Medians of one way to take the snapshot. */
  private static final class Row {
    private final Samples stun = new Samples();
    private final Samples silence = new Samples();
    private final Samples total = new Samples();
    private final Samples written = new Samples();

    String full() {
      return "%4.1f  %7.1f  %8.0f  %7.0f    "
          .formatted(stun.median(), silence.median(), total.median(), written.median());
    }
  }

  private void save(RunnerMachine machine, Path console, String method, Row row)
      throws IOException, InterruptedException {
    try (TickWatch watch = watch(console)) {
      SnapshotResult result =
          machine
              .job(
                  "create",
                  new CreateSnapshotTask(
                      "bench-" + ++requests, "bench", "", true, "None", 0, 600, 32, 0, 0, method))
              .snapshot();
      settle();
      row.silence.add(watch.longestSilence());
      row.stun.add(result.timing().stunMillis());
      row.total.add(result.timing().totalMillis());
      row.written.add(result.memory().bytes() / (double) (1 << 20));
    }
  }

  private static TickWatch watch(Path console) throws InterruptedException {
    TickWatch watch = new TickWatch(console);
    settle();
    return watch;
  }

  private static void settle() throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(200);
  }
}
