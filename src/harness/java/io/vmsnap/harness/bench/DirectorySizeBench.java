package io.vmsnap.harness.bench;

import io.vmsnap.harness.bench.page.Order;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a snapshot and the reading of a directory cost by what else is in the directory. */
final class DirectorySizeBench {
  private static final String SNAPSHOT = "snapshot";
  private static final String DELETE = "delete it";
  private static final String OPEN = "read the directory";
  private static final long DISK_BYTES = 64 << 20;

  /** Readings in a round: one takes less than a timer tells. */
  private static final int READINGS = 5;

  private DirectorySizeBench() {}

  /** Makes the directory of one size. */
  @FunctionalInterface
  private interface Maker {
    ResidentMachine make(Path directory, int size) throws IOException;
  }

  static void disks(BenchRun run, EngineBench.Sizes sizes) throws IOException {
    CostSweep sweep =
        sweep(run, "disks", sizes.disks(), sizes.rounds(), Order.LINEAR, DirectorySizeBench::disks);
    EngineBench.report(
        run, sweep.curve("disks", "Machine with many disks", "disks", "milliseconds"));
  }

  private static ResidentMachine disks(Path directory, int disks) throws IOException {
    return ResidentMachine.create(directory, disks, DISK_BYTES);
  }

  static void entries(BenchRun run, EngineBench.Sizes sizes) throws IOException {
    Maker maker =
        (directory, entries) -> {
          ResidentMachine machine = disks(directory, 1);
          machine.snapshot();
          machine.lengthenHistory(entries - 1); // each round adds one, and deletes it
          return machine;
        };
    CostSweep sweep = sweep(run, "entries", sizes.entries(), sizes.rounds(), Order.LINEAR, maker);
    EngineBench.report(
        run, sweep.curve("history", "Long history (.vmsd)", "entries", "milliseconds"));
  }

  static void files(BenchRun run, EngineBench.Sizes sizes) throws IOException {
    Maker maker =
        (directory, files) -> {
          ResidentMachine machine = disks(directory, 1);
          for (int i = 0; i < files; i++) {
            Files.createFile(directory.resolve("other-%05d.log".formatted(i)));
          }
          return machine;
        };
    CostSweep sweep = sweep(run, "files", sizes.files(), sizes.rounds(), Order.LINEAR, maker);
    EngineBench.report(
        run, sweep.curve("files", "Directory with many other files", "files", "milliseconds"));
  }

  private static CostSweep sweep(
      BenchRun run, String name, List<Integer> sizes, int rounds, Order expected, Maker maker)
      throws IOException {
    CostSweep sweep =
        new CostSweep().expect(SNAPSHOT, expected).expect(DELETE, expected).expect(OPEN, expected);
    Map<Integer, ResidentMachine> machines = new TreeMap<>();
    for (int size : sizes) {
      machines.put(size, maker.make(run.folder().resolve(name + "-" + size), size));
    }
    for (int round = 0; round < rounds; round++) {
      for (int size : sizes) {
        ResidentMachine machine = machines.get(size);
        sweep.add(SNAPSHOT, size, machine.snapshot());
        sweep.add(DELETE, size, machine.delete());
        for (int i = 0; i < READINGS; i++) {
          sweep.add(OPEN, size, machine.open());
        }
      }
    }
    for (ResidentMachine machine : machines.values()) {
      RevertBench.delete(machine.directory());
    }
    return sweep;
  }
}
