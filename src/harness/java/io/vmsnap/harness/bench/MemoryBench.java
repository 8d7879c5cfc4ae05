package io.vmsnap.harness.bench;

import io.vmsnap.harness.bench.page.Figure;
import io.vmsnap.harness.bench.page.Order;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.SnapshotResult;
import io.vmsnap.vmdir.memory.MemoryFile;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * {@code ./vmsnap bench memory}: snapshots with memory, by the size of the RAM, half of which has
 * content, of an idle guest and of two that change their RAM; beside {@code virsh
 * snapshot-create-as --memspec --live} of the same guest. They take turns; medians are printed.
 *
 * <p>The guest prints a line about every millisecond. What it notices of a snapshot is the longest
 * silence on its console meanwhile, for both in the same way; QEMU's own STOP and RESUME events
 * tell ours too.
 */
public final class MemoryBench {
  private static final String VIRSH = "virsh --memspec --live";

  /** By the pages of 4 KiB of RAM that it changes about every millisecond. */
  private enum Guest {
    IDLE(0),
    /** A quarter of a mebibyte, 250 MiB/s: a busy database. */
    DIRTYING(64),
    /** Two mebibytes, 2 GiB/s, as much as a core can: faster than most volumes write. */
    THRASHING(512);

    private final int pages;

    Guest(int pages) {
      this.pages = pages;
    }

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final BenchRun run;
  private final Path folder;
  private final PrintStream out;
  private final int rounds;
  private final CostSweep stuns = new CostSweep();
  private final CostSweep totals = new CostSweep();
  private int requests;

  private MemoryBench(BenchRun run) {
    this.run = run;
    this.folder = run.folder();
    this.out = run.out();
    this.rounds = run.fullOrQuick(3, 2);
    for (Guest guest : Guest.values()) {
      stuns.expect(guest.label() + ", pre-copy", Order.CONSTANT);
      stuns.expect(guest.label() + ", background", Order.LINEAR);
      stuns.expect(guest.label() + ", virsh", null);
    }
    totals.expect("idle, pre-copy", Order.LINEAR);
    totals.expect("idle, background", Order.LINEAR);
    totals.expect("idle, virsh", null);
  }

  public static void measure(BenchRun run) throws IOException, InterruptedException {
    new MemoryBench(run).measure();
  }

  private void measure() throws IOException, InterruptedException {
    List<Long> sizes = run.mebibytes(List.of(256L, 1024L, 2048L, 4096L), List.of(256L));
    out.printf(
        "Snapshot with memory, half of the RAM filled; medians of %d turns, ms and MiB%n", rounds);
    out.printf(
        "  %9s %-9s  %-38s  %-38s  %s%n",
        "RAM", "guest", "background snapshot", "pre-copy", "virsh --memspec --live");
    out.printf(
        "  %9s %-9s  %-38s  %-38s  %s%n",
        "",
        "",
        "stun  silence     total  written",
        "stun  silence     total  written",
        "silence     total");
    int step = 0;
    int steps = Guest.values().length * sizes.size();
    for (long size : sizes) {
      for (Guest guest : Guest.values()) {
        run.progress(++step, steps, size + " MiB of RAM, " + guest.label() + " guest");
        measure(size, guest.label(), guest.pages);
      }
    }
    out.println(
        "stun: between QEMU's STOP and RESUME. silence: longest on the guest's console. total: the"
            + " engine's, checks and checksums included; virsh: the command's.");
    run.note(
        "The pause is the longest silence of a guest that prints a line about every millisecond, for"
            + " all in the same way. The dirtying guest changes about 250 MiB of RAM in a second, the"
            + " thrashing one 2 GiB, which virsh may never catch up with.");
    run.add(
        stuns.curve(
            "memory-pause",
            "Pause of the guest by a snapshot with memory",
            "RAM in MiB",
            "milliseconds of silence"));
    run.add(
        totals.curve(
            "memory-total",
            "Snapshot with memory, from the request to its end",
            "RAM in MiB",
            "milliseconds"));
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
      for (int round = 0; round < rounds; round++) {
        save(machine, console, MemoryFile.BACKGROUND_SNAPSHOT, background);
        save(machine, console, MemoryFile.PRE_COPY, preCopy);
      }
    }
    try (LibvirtMachine libvirt =
        LibvirtMachine.boot(
            libvirtFolder, mebibytes, (disk, ram) -> TickingGuest.write(disk, ram, dirtyPages))) {
      for (int round = 0; round < rounds; round++) {
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
    figures(mebibytes, name + ", pre-copy", name, preCopy, virsh, obstacle);
    figures(mebibytes, name + ", background", name, background, virsh, obstacle);
    out.printf(
        "  %5d MiB %-9s  %s  %s  %s%n",
        mebibytes,
        name,
        background.full(),
        preCopy.full(),
        obstacle == null
            ? "%7.1f  %8.0f".formatted(virsh.silence.median(), virsh.total.median())
            : "not measured: " + obstacle);
  }

  private void figures(
      long mebibytes, String way, String guest, Row ours, Row virsh, String obstacle) {
    String size = mebibytes + " MiB RAM";
    run.add(figure(way + ": pause", size, ours.silence, virsh.silence, obstacle));
    run.add(figure(way + ": total", size, ours.total, virsh.total, obstacle));
    ours.silence.values().forEach(v -> stuns.add(way, mebibytes, v));
    if (way.endsWith("pre-copy")) {
      virsh.silence.values().forEach(v -> stuns.add(guest + ", virsh", mebibytes, v));
    }
    if (guest.equals("idle")) {
      ours.total.values().forEach(v -> totals.add(way, mebibytes, v));
      if (way.endsWith("pre-copy")) {
        virsh.total.values().forEach(v -> totals.add("idle, virsh", mebibytes, v));
      }
    }
  }

  private static Figure figure(
      String way, String size, Samples ours, Samples virsh, String remark) {
    return new Figure(
        "snapshot with memory, " + way,
        size,
        "ms",
        false,
        ours.values(),
        VIRSH,
        remark == null ? virsh.values() : List.of(),
        remark);
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
