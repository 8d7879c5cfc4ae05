package io.vmsnap.harness.bench;

import io.vmsnap.harness.bench.page.Figure;
import io.vmsnap.harness.bench.page.Order;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.RevertSnapshotTask;
import io.vmsnap.task.TaskOutcome;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * {@code ./vmsnap bench revert}: from the request to the running guest, by the size of the RAM,
 * half of which has content; on demand and eager, beside {@code virsh snapshot-revert} of the same
 * guest. The three take turns, so that a disturbance of the machine hits all of them; medians are
 * printed.
 */
public final class RevertBench {
  private static final int ROUNDS = 3;
  private static final String ON_DEMAND = "vmsnap, on demand";
  private static final String EAGER = "vmsnap, eager";
  private static final String VIRSH = "virsh snapshot-revert";

  private final BenchRun run;
  private final Path folder;
  private final PrintStream out;
  private final int rounds;
  private final CostSweep sweep =
      new CostSweep()
          .expect(ON_DEMAND, Order.CONSTANT)
          .expect(EAGER, Order.LINEAR)
          .expect(VIRSH, null);
  private int requests;

  private RevertBench(BenchRun run) {
    this.run = run;
    this.folder = run.folder();
    this.out = run.out();
    this.rounds = ROUNDS;
  }

  public static void measure(BenchRun run) throws IOException, InterruptedException {
    new RevertBench(run).measure();
  }

  static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  private void measure() throws IOException, InterruptedException {
    List<Long> sizes = run.mebibytes(List.of(256L, 1024L, 2048L, 4096L), List.of(256L));
    out.printf(
        "Revert to a snapshot with memory, half of the RAM filled; medians of %d turns, in ms%n",
        rounds);
    out.printf(
        "  %9s  %21s  %21s  %15s%n", "RAM", "on demand (with job)", "eager (with job)", "virsh");
    for (int i = 0; i < sizes.size(); i++) {
      run.progress(i + 1, sizes.size(), sizes.get(i) + " MiB of RAM");
      measure(sizes.get(i));
    }
    out.println(
        "On demand and eager: in the engine, from the request until the guest runs; in brackets"
            + " until the job's process has ended. virsh: the whole command.");
    run.note(
        "The whole commands are compared: `vmsnap job revert` from the start of its process to its"
            + " end, and `virsh snapshot-revert`. Half of the RAM has content.");
    run.add(
        sweep.curve(
            "revert", "Revert to a snapshot with memory", "RAM in MiB", "milliseconds, with job"));
  }

  private void measure(long mebibytes) throws IOException, InterruptedException {
    Path directory = Files.createDirectories(folder.resolve("vm-" + mebibytes));
    FillingGuest.write(directory.resolve("boot.img"), mebibytes << 20);
    String obstacle = null;
    LibvirtMachine libvirt = null;
    Path libvirtFolder = Files.createTempDirectory("v");
    try (RunnerMachine machine =
        RunnerMachine.start(directory, folder.resolve("console-" + mebibytes), mebibytes)) {
      machine.job("create", new CreateSnapshotTask(id(), "bench", "", true, "None", 0, 600, 32, 0));
      try {
        libvirt = LibvirtMachine.start(libvirtFolder, mebibytes);
      } catch (IOException e) {
        obstacle = e.getMessage().strip().lines().reduce((first, last) -> last).orElse("");
      }
      Samples[] samples = Stream.generate(Samples::new).limit(5).toArray(Samples[]::new);
      for (int round = 0; round < rounds; round++) {
        revert("OnDemand", machine, samples[0], samples[1]);
        revert("Eager", machine, samples[2], samples[3]);
        if (libvirt != null) {
          samples[4].add(libvirt.revert());
        }
      }
      out.printf(
          "  %5d MiB  %8.0f (%8.0f)  %10.0f (%8.0f)  %15s%n",
          mebibytes,
          samples[0].median(),
          samples[1].median(),
          samples[2].median(),
          samples[3].median(),
          libvirt == null ? "not measured" : "%.0f".formatted(samples[4].median()));
      String size = mebibytes + " MiB RAM";
      Samples virsh = samples[4];
      run.add(figure("revert on demand", size, samples[1], virsh, obstacle));
      run.add(figure("revert eager", size, samples[3], virsh, obstacle));
      samples[1].values().forEach(v -> sweep.add(ON_DEMAND, mebibytes, v));
      samples[3].values().forEach(v -> sweep.add(EAGER, mebibytes, v));
      virsh.values().forEach(v -> sweep.add(VIRSH, mebibytes, v));
      if (obstacle != null) {
        out.println("             virsh does not run here: " + obstacle);
      }
    } finally {
      if (libvirt != null) {
        libvirt.close();
      }
      delete(libvirtFolder);
    }
  }

  private void revert(String load, RunnerMachine machine, Samples engine, Samples whole)
      throws IOException, InterruptedException {
    long begin = System.nanoTime();
    TaskOutcome outcome =
        machine.job("revert", new RevertSnapshotTask(id(), 1, "FromSnapshot", load, 600, 32, 0));
    whole.add((System.nanoTime() - begin) / 1e6);
    engine.add(outcome.revert().timing().runningMillis());
  }

  private static Figure figure(
      String path, String size, Samples ours, Samples virsh, String remark) {
    return new Figure(path, size, "ms", false, ours.values(), VIRSH, virsh.values(), remark);
  }

  private String id() {
    return "bench-" + ++requests;
  }
}
