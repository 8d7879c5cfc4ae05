package io.vmsnap.disk;

/** A file that contradicts its format or the files it belongs to. */
public final class CorruptDiskException extends DiskException {
  private static final long serialVersionUID = 1L;

  private CorruptDiskException(String file, String where, String what) {
    super(file, where, what);
  }

  /** Damage at a byte offset of a binary file. */
  public static CorruptDiskException at(String file, long offset, String what) {
    return new CorruptDiskException(file, "offset " + offset, what);
  }

  /** Damage in a line, counted from 1, of a text file. */
  public static CorruptDiskException inLine(String file, int line, String what) {
    return new CorruptDiskException(file, "line " + line, what);
  }

  /** Damage of the file as a whole. */
  public static CorruptDiskException in(String file, String what) {
    return new CorruptDiskException(file, "", what);
  }
}
