package io.vmsnap.snapshot;

import io.vmsnap.task.TaskReason;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Why an operation may have to end early: its deadline, or a request such as SIGTERM. Operations
 * ask at their safe points, where everything done so far can still be taken back.
 */
public final class StopSignal {
  private final Duration timeout;
  private final long deadline;
  private final CountDownLatch requested = new CountDownLatch(1);

  public StopSignal(Duration timeout) {
    this.timeout = timeout;
    this.deadline = System.nanoTime() + timeout.toNanos();
  }

  /** Asks the operation to end at its next safe point; may be called from any thread. */
  public void request() {
    requested.countDown();
  }

  /**
   * @throws RefusedException {@link TaskReason#TimedOut} or {@link TaskReason#Interrupted}
   */
  public void check() throws RefusedException {
    if (requested.getCount() == 0) {
      throw new RefusedException(
          TaskReason.Interrupted, "asked to stop; what had been done was taken back");
    }
    if (System.nanoTime() - deadline >= 0) {
      throw new RefusedException(
          TaskReason.TimedOut,
          "not done within its timeout of "
              + timeout.toSeconds()
              + " s; what had been done was taken back. Raise spec.timeout if the volume is slow");
    }
  }

  /** Time until the deadline; never negative. */
  public Duration left() {
    return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
  }

  /** Waits, but not beyond a stop; what woke it is for {@link #check} to say. */
  public void await(Duration duration) throws InterruptedException {
    long left = Math.min(duration.toNanos(), deadline - System.nanoTime());
    requested.await(Math.max(0, left), TimeUnit.NANOSECONDS);
  }
}
