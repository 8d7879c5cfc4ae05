package io.vmsnap.harness;

import io.vmsnap.harness.bench.DiskBench;
import java.util.Arrays;

/** {@code ./vmsnap bench WHAT}: measurements, printed. */
public final class Bench {
  private Bench() {}

  public static void main(String... args) throws Exception {
    String what = args.length == 0 ? "" : args[0];
    String[] rest = Arrays.copyOfRange(args, Math.min(1, args.length), args.length);
    switch (what) {
      case "disk" -> DiskBench.main(rest);
      default -> {
        System.err.println(
            "usage: ./vmsnap bench disk [FOLDER]   (FOLDER: on the volume to measure)");
        System.exit(2);
      }
    }
  }
}
