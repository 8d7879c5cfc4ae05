package io.vmsnap.disk;

import java.io.IOException;

/**
 * A disk that cannot be used as it is. The message names the file, the place in it, what is wrong,
 * and what to do where something can be done.
 */
public abstract sealed class DiskException extends IOException
    permits CorruptDiskException, UnsupportedDiskException {
  private static final long serialVersionUID = 1L;

  private final String file;

  DiskException(String file, String where, String what) {
    super(where.isEmpty() ? file + ": " + what : file + ": " + where + ": " + what);
    this.file = file;
  }

  /** The file at fault. */
  public final String file() {
    return file;
  }
}
