package io.vmsnap.harness.machine;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;

/** Waits for what the outside world will show, by looking again and again. */
public final class Eventually {
  private static final Duration INTERVAL = Duration.ofMillis(150);

  private Eventually() {}

  /**
   * Looks until the condition holds.
   *
   * @param what for the message: "snapshot a is Ready"
   * @param seen describes the last look, for the message
   * @throws IllegalStateException if it does not hold in time
   */
  public static void holds(
      String what, Duration limit, Callable<Boolean> condition, Callable<String> seen)
      throws Exception {
    Instant deadline = Instant.now().plus(limit);
    while (!condition.call()) {
      if (Instant.now().isAfter(deadline)) {
        throw new IllegalStateException(
            "not within %d s: %s%n%s".formatted(limit.toSeconds(), what, seen.call()));
      }
      Thread.sleep(INTERVAL);
    }
  }
}
