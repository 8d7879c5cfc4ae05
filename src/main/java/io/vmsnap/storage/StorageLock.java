package io.vmsnap.storage;

import java.io.Closeable;

/** A held lock; closing gives it back. */
public interface StorageLock extends Closeable {
  /**
   * Whether this process still owns the lock file it locked: false after somebody replaced or
   * deleted it, in which case the holder must write nothing more.
   */
  boolean isValid();
}
