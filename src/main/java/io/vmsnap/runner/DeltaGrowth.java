package io.vmsnap.runner;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How fast the deltas of a directory grow: the mean of the last hour, from one sample a minute. Of
 * all deltas only the active ones grow, so that their sum will do; where it has fallen, deltas were
 * merged or left by a revert, and the measurement begins anew.
 */
final class DeltaGrowth {
  static final Duration WINDOW = Duration.ofHours(1);
  static final Duration STEP = Duration.ofMinutes(1);

  /** A guest that boots writes much; less time than this says nothing about the next day. */
  static final Duration LEAST = Duration.ofMinutes(10);

  private final Deque<Sample> samples = new ArrayDeque<>();

  private record Sample(long nanos, long bytes) {}

  /**
   * Takes a sample if it is time for one.
   *
   * @param nanos of a clock that never goes back, such as {@link System#nanoTime}
   * @param bytes that all deltas take now
   * @return bytes in an hour, 0 and more; null before the deltas were seen for ten minutes
   */
  Long bytesPerHour(long nanos, long bytes) {
    if (!samples.isEmpty() && bytes < samples.getFirst().bytes()) {
      samples.clear();
    }
    if (samples.isEmpty() || nanos - samples.getLast().nanos() >= STEP.toNanos()) {
      samples.addLast(new Sample(nanos, bytes));
    }
    while (samples.getLast().nanos() - samples.getFirst().nanos() > WINDOW.toNanos()) {
      samples.removeFirst();
    }
    Sample first = samples.getFirst();
    Sample last = samples.getLast();
    long elapsed = last.nanos() - first.nanos();
    return elapsed < LEAST.toNanos()
        ? null
        : Math.max(
            0,
            Math.round(
                (double) (last.bytes() - first.bytes()) * Duration.ofHours(1).toNanos() / elapsed));
  }
}
