package io.vmsnap.disk.merge;

import io.vmsnap.disk.delta.DeltaLayout;

/**
 * How a merge works through the child.
 *
 * @param checkpointBytes after so many copied bytes, what was merged becomes durable and need not
 *     be merged again
 * @param chunkBytes at most so many bytes are copied between two calls of the progress
 * @param punch whether the child gives its space back at every checkpoint. Only while no machine
 *     has the child open: a running QEMU still reads there
 */
public record MergeSettings(long checkpointBytes, long chunkBytes, boolean punch) {
  /** For a volume with enough space. */
  public static final MergeSettings DEFAULT = new MergeSettings(1L << 30, 64L << 20, false);

  /** Two grains: less could end in front of the grain in which it began. */
  public static final long MIN_BYTES = 2L * DeltaLayout.GRAIN;

  public MergeSettings {
    if (checkpointBytes < MIN_BYTES || chunkBytes < MIN_BYTES) {
      throw new IllegalArgumentException("too small: " + checkpointBytes + ", " + chunkBytes);
    }
  }

  /** The same with other chunks. */
  public MergeSettings withChunkBytes(long bytes) {
    return new MergeSettings(checkpointBytes, bytes, punch);
  }
}
