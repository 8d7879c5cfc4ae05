package io.vmsnap.vmdir;

/** A file was written by a newer version whose format this one does not know. */
public final class TooNewException extends DamagedFileException {
  private static final long serialVersionUID = 1L;

  public TooNewException(String file, long found, long known) {
    super(
        file,
        "format version "
            + found
            + " is newer than version "
            + known
            + ", the newest this program knows; use a newer vmsnap. Nothing was changed");
  }
}
