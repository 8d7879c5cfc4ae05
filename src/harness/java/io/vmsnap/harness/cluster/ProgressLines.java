package io.vmsnap.harness.cluster;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;

/** One line for each step of something that takes seconds, with the time it took. */
public final class ProgressLines {
  private final PrintStream out;
  private final Instant start = Instant.now();
  private Instant stepStart = start;
  private String step;

  public ProgressLines(PrintStream out) {
    this.out = out;
  }

  /** The last step is over, the next one begins. */
  public synchronized void step(String next) {
    finishStep();
    step = next;
    stepStart = Instant.now();
  }

  /** All steps are over. */
  public synchronized void done() {
    finishStep();
    out.printf("%6.1f s in all%n", seconds(start));
  }

  private void finishStep() {
    if (step != null) {
      out.printf("%6.1f s %s%n", seconds(stepStart), step);
      step = null;
    }
  }

  private static double seconds(Instant since) {
    return Duration.between(since, Instant.now()).toMillis() / 1000.0;
  }
}
