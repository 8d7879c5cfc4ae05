package io.vmsnap.disk.vmdk;

import java.io.IOException;

/** Tells where the grains of a sparse extent are. Safe for several threads. */
interface GrainMap {
  /** The grain is not in this extent. */
  long INHERITED = -1;

  /** The grain reads as zeros. */
  long ZERO = -2;

  /** Grains in a table. */
  int tableLength();

  /**
   * For each grain of a table its byte offset in the file, or {@link #INHERITED} or {@link #ZERO};
   * an empty array if the table does not exist and all its grains are inherited. Offsets are
   * checked: the grain lies inside the file.
   */
  long[] table(long number) throws IOException;
}
