package io.vmsnap.snapshot;

import java.io.IOException;

/** The directory belongs to another process now; nothing more may be written. */
public final class LockLostException extends IOException {
  private static final long serialVersionUID = 1L;

  public LockLostException(String message) {
    super(message);
  }
}
