package io.vmsnap.disk;

/** A file that may be sound, but has a version or a feature that this program does not know. */
public final class UnsupportedDiskException extends DiskException {
  private static final long serialVersionUID = 1L;

  public UnsupportedDiskException(String file, String where, String what) {
    super(file, where, what);
  }
}
