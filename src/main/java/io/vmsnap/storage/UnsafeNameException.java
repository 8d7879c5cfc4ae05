package io.vmsnap.storage;

import java.io.IOException;

/** A file name that would lead out of the VM directory. */
public final class UnsafeNameException extends IOException {
  private static final long serialVersionUID = 1L;

  public UnsafeNameException(String name, String why) {
    super("file name \"" + name + "\" " + why + "; only files inside the VM directory are used");
  }
}
