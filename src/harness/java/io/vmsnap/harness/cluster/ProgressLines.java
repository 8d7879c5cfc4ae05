package io.vmsnap.harness.cluster;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;

/** One line for each step of something that takes seconds: what begins, then the time it took. */
public final class ProgressLines {
  private final PrintStream out;
  private final Instant start = Instant.now();
  private Instant stepStart = start;
  private boolean underWay;

  public ProgressLines(PrintStream out) {
    this.out = out;
  }

  /** The last step is over, the next one begins. */
  public synchronized void step(String next) {
    finishStep();
    out.print(next + " ... ");
    out.flush();
    underWay = true;
    stepStart = Instant.now();
  }

  /** All steps are over. */
  public synchronized void done() {
    finishStep();
    out.printf("ready after %.1f s%n", seconds(start));
  }

  private void finishStep() {
    if (underWay) {
      out.printf("%.1f s%n", seconds(stepStart));
      underWay = false;
    }
  }

  private static double seconds(Instant since) {
    return Duration.between(since, Instant.now()).toMillis() / 1000.0;
  }
}
