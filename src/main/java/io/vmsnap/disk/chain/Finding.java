package io.vmsnap.disk.chain;

/**
 * Something that the checker found.
 *
 * @param file the file it is about
 * @param message what is wrong, with the place in the file
 * @param remedy how it can be mended
 */
public record Finding(Severity severity, Kind kind, String file, String message, Remedy remedy) {
  /** How bad it is. */
  public enum Severity {
    /** Content is lost, or would be lost or wrong for some reader. */
    ERROR,
    /** Worth knowing, nothing is lost. */
    NOTICE
  }

  /** What it is about. */
  public enum Kind {
    MISSING_FILE,
    DESCRIPTOR,
    CHAIN,
    CONTENT_ID,
    CAPACITY,
    EXTENT,
    INDEX,
    TABLES,
    /** The tables lag behind the index, and say so. */
    NOT_SEALED,
    /** The tables contradict the index although they claim to be complete. */
    VIEWS_DIFFER,
    /** The file is longer than any content of it needs. */
    OVERSIZE
  }

  /** What mends it. */
  public enum Remedy {
    /** Nothing that a program could do safely. */
    NONE,
    /** {@link io.vmsnap.disk.delta.Seal} */
    SEAL,
    /** {@link io.vmsnap.disk.delta.IndexRebuild} */
    REBUILD_INDEX,
    /** {@link io.vmsnap.disk.delta.TableRebuild} */
    REBUILD_TABLES
  }

  @Override
  public String toString() {
    return severity + " " + kind + ": " + message;
  }
}
