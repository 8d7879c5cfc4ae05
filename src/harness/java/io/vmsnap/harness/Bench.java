package io.vmsnap.harness;

import io.vmsnap.harness.bench.ConsolidateBench;
import io.vmsnap.harness.bench.DiskBench;
import io.vmsnap.harness.bench.MemoryBench;
import io.vmsnap.harness.bench.RevertBench;
import java.util.Arrays;

/** {@code ./vmsnap bench WHAT}: measurements, printed. */
public final class Bench {
  private Bench() {}

  public static void main(String... args) throws Exception {
    String what = args.length == 0 ? "" : args[0];
    String[] rest = Arrays.copyOfRange(args, Math.min(1, args.length), args.length);
    switch (what) {
      case "disk" -> DiskBench.main(rest);
      case "memory" -> MemoryBench.main(rest);
      case "revert" -> RevertBench.main(rest);
      case "consolidate" -> ConsolidateBench.main(rest);
      default -> {
        System.err.println(
            """
            usage: ./vmsnap bench disk [FOLDER]
                   ./vmsnap bench memory [FOLDER [MIB...]]
                   ./vmsnap bench revert [FOLDER [MIB...]]
                   ./vmsnap bench consolidate [FOLDER [MIB]]
              FOLDER  on the volume to measure; consolidate mounts its own file systems there,
                      from sparse files, and needs root
              MIB     consolidate: the largest delta, 4096 if not given; memory, revert:
                      sizes of RAM,
                      256 1024 2048 4096 if not given""");
        System.exit(2);
      }
    }
  }
}
