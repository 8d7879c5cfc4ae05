package io.vmsnap.harness.bench;

import io.vmsnap.harness.tool.Tool;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.RevertSnapshotTask;
import io.vmsnap.task.TaskOutcome;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * {@code ./vmsnap bench revert}: from the request to the running guest, by the size of the RAM,
 * half of which has content; on demand and eager, beside {@code virsh snapshot-revert} of the same
 * guest. The three take turns, so that a disturbance of the machine hits all of them; medians are
 * printed.
 */
public final class RevertBench {
  private static final long[] SIZES = {256, 1024, 2048, 4096};
  private static final int ROUNDS = 5;

  private final Path folder;
  private final PrintStream out;
  private int requests;

  private RevertBench(Path folder, PrintStream out) {
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
      new RevertBench(directory, System.out)
          .run(
              args.length > 1
                  ? Arrays.stream(args).skip(1).mapToLong(Long::parseLong).toArray()
                  : SIZES);
    } finally {
      delete(directory);
    }
  }

  static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  private void run(long[] sizes) throws IOException, InterruptedException {
    out.printf(
        "Revert to a snapshot with memory, half of the RAM filled; medians of %d turns, in ms%n",
        ROUNDS);
    out.printf(
        "  %9s  %21s  %21s  %15s%n", "RAM", "on demand (with job)", "eager (with job)", "virsh");
    for (long mebibytes : sizes) {
      measure(mebibytes);
    }
    out.println(
        "On demand and eager: in the engine, from the request until the guest runs; in brackets"
            + " until the job's process has ended. virsh: the whole command.");
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
      for (int round = 0; round < ROUNDS; round++) {
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

  private String id() {
    return "bench-" + ++requests;
  }
}
