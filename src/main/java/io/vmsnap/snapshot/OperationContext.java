package io.vmsnap.snapshot;

import io.vmsnap.snapshot.step.Step;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/**
 * What an operation works with while it has the directory for itself.
 *
 * @param directory as it was when the operation began, after recovery
 * @param begin {@link System#nanoTime()} when it was asked for
 */
record OperationContext(
    VmDirectory directory,
    OperationLock lock,
    Progress progress,
    VmConnector connector,
    Clock clock,
    StopSignal stop,
    long begin) {
  VmStorage storage() {
    return directory.storage();
  }

  /** Since the operation was asked for, waiting for the lock included. */
  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  /**
   * Applies steps that can still be taken back: between any two of them a stop is heeded.
   *
   * @throws RefusedException if a stop was asked for; the caller takes the steps back
   */
  void applyUntilStopped(List<? extends Step> steps, int fromPercent, int toPercent)
      throws IOException, RefusedException {
    for (int i = 0; i < steps.size(); i++) {
      stop.check();
      new Steps(lock).apply(steps.get(i), progress, percent(fromPercent, toPercent, i, steps));
    }
    stop.check();
  }

  private static int percent(int from, int to, int done, List<?> all) {
    return from + (to - from) * done / all.size();
  }
}
