package io.vmsnap.task;

import java.util.List;

/**
 * Deleted snapshots as a job reports them.
 *
 * @param removedUids in {@code .vmsd}; empty if there was nothing to remove
 * @param mergedBytes copied into parents
 * @param freedBytes space won on the volume
 */
public record DeleteResult(
    List<Long> removedUids, long mergedBytes, long freedBytes, Timing timing) {

  /**
   * @param stunMillis time for which the guest did not run; null if it was powered off
   */
  public record Timing(Double stunMillis, double totalMillis) {}
}
