package io.vmsnap.harness.node;

import java.time.Duration;

/**
 * How long a container waits before it is started again, as the kubelet does it: the first restart
 * is immediate, then the wait doubles from {@code first} to 5 minutes; a run of 10 minutes starts
 * over.
 */
final class RestartBackOff {
  private static final Duration LONGEST = Duration.ofMinutes(5);
  private static final Duration GOOD_RUN = Duration.ofMinutes(10);

  private final Duration first;
  private Duration next = Duration.ZERO;

  RestartBackOff(Duration first) {
    this.first = first;
  }

  /** The wait after a run of that length. */
  Duration afterRun(Duration run) {
    if (run.compareTo(GOOD_RUN) >= 0) {
      next = Duration.ZERO;
    }
    Duration wait = next;
    Duration doubled = wait.isZero() ? first : wait.multipliedBy(2);
    next = doubled.compareTo(LONGEST) > 0 ? LONGEST : doubled;
    return wait;
  }
}
