package io.vmsnap.task;

import java.util.List;

/**
 * Deleted snapshots as a job reports them.
 *
 * @param removedUids in {@code .vmsd}; empty if there was nothing to remove
 * @param mergedBytes copied into parents
 * @param freedBytes space won on the volume
 * @param pending why disks of snapshots that are gone are still to be merged, and what to do; null
 *     if there is nothing left to merge
 */
public record DeleteResult(
    List<Long> removedUids, long mergedBytes, long freedBytes, Timing timing, String pending) {

  /** A result after which nothing is left to merge. */
  public DeleteResult(List<Long> removedUids, long mergedBytes, long freedBytes, Timing timing) {
    this(removedUids, mergedBytes, freedBytes, timing, null);
  }

  /**
   * @param stunMillis longest time for which the guest did not run or its disks did not answer;
   *     null if it was powered off
   */
  public record Timing(Double stunMillis, double totalMillis) {}
}
