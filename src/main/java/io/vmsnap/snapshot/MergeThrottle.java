package io.vmsnap.snapshot;

import io.vmsnap.disk.merge.MergeProgress;
import io.vmsnap.disk.merge.MergeSettings;
import io.vmsnap.task.TaskReason;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;

/** Tells how far a merge is, holds it to its bandwidth, and ends it when a stop is asked for. */
final class MergeThrottle implements MergeProgress {
  private static final int FROM_PERCENT = 5;
  private static final int TO_PERCENT = 90;
  private static final long REPORT_NANOS = Duration.ofMillis(500).toNanos();

  private final OperationContext context;
  private final String what;
  private final long bytesPerSecond;
  private final long begin = System.nanoTime();
  private long reported = begin - REPORT_NANOS;
  private RefusedException stop;

  /**
   * @param what is being done, for people
   * @param bytesPerSecond 0 for no limit
   */
  MergeThrottle(OperationContext context, String what, long bytesPerSecond) {
    this.context = context;
    this.what = what;
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Small chunks, so that a limit of a few megabytes is even. */
  MergeSettings apply(MergeSettings settings) {
    if (bytesPerSecond == 0) {
      return settings;
    }
    long chunk = Math.clamp(bytesPerSecond / 10, MergeSettings.MIN_BYTES, settings.chunkBytes());
    return settings.withChunkBytes(chunk);
  }

  @Override
  public boolean at(long done, long total, long copied) throws IOException {
    long now = System.nanoTime();
    if (now - reported >= REPORT_NANOS) {
      reported = now;
      int percent =
          FROM_PERCENT
              + (int) (total == 0 ? 0 : (TO_PERCENT - FROM_PERCENT) * (double) done / total);
      double seconds = Math.max(1, now - begin) / 1e9;
      context
          .progress()
          .report(
              String.format(
                  Locale.ROOT,
                  "%s: %d of %d MiB, %.0f MiB/s",
                  what,
                  done >> 20,
                  total >> 20,
                  copied / seconds / (1 << 20)),
              percent);
    }
    try {
      hold(copied);
      context.lock().check();
      context.stop().check();
      return true;
    } catch (RefusedException e) {
      stop =
          new RefusedException(
              e.reason(),
              what
                  + " ended early, after "
                  + done
                  + " of "
                  + total
                  + " bytes; nothing is lost, and a later merge goes on from there",
              e);
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      context.stop().request();
      stop = new RefusedException(TaskReason.Interrupted, what + " was interrupted", e);
      return false;
    }
  }

  private void hold(long copied) throws InterruptedException {
    if (bytesPerSecond > 0) {
      long due = begin + (long) (copied * 1e9 / bytesPerSecond);
      long wait = due - System.nanoTime();
      if (wait > 0) {
        context.stop().await(Duration.ofNanos(wait));
      }
    }
  }

  /** Why the merge was ended; null if it was not. */
  RefusedException stop() {
    return stop;
  }
}
