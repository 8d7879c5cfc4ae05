package io.vmsnap.vmdir.memory;

import java.io.IOException;

/** Saved RAM that must not be loaded; names the file, the offset and what is wrong there. */
public final class DamagedMemoryException extends IOException {
  private static final long serialVersionUID = 1L;

  public DamagedMemoryException(String file, long offset, String what) {
    super(file + ", offset " + offset + ": " + what + "; this saved memory cannot be resumed");
  }
}
