package io.vmsnap.harness.bench;

import java.io.IOException;

/** One part of {@code ./vmsnap bench}. */
@FunctionalInterface
public interface BenchPart {
  /** Measures in the run's folder, prints as it goes, and hands its figures to the run. */
  void run(BenchRun run) throws IOException, InterruptedException;
}
