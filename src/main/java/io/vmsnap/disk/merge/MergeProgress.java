package io.vmsnap.disk.merge;

import java.io.IOException;

/** Hears how far a merge is, may hold it back to spare the volume, and may end it early. */
@FunctionalInterface
public interface MergeProgress {
  MergeProgress SILENT = (done, total, copied) -> true;

  /**
   * @param done bytes of what the child held that are dealt with
   * @param total bytes that the child held
   * @param copied bytes copied so far; zeros and holes are not copied
   * @return false to end the merge at this point, from which it can be resumed
   */
  boolean at(long done, long total, long copied) throws IOException;
}
