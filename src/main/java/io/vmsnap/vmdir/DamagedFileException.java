package io.vmsnap.vmdir;

import java.io.IOException;

/**
 * A file of the VM directory does not hold what its format demands, or does not fit the others. The
 * message names the file, the field or line, and what was expected.
 */
public class DamagedFileException extends IOException {
  private static final long serialVersionUID = 1L;

  public DamagedFileException(String file, String problem) {
    super(file + ": " + problem);
  }

  public DamagedFileException(String file, String problem, Throwable cause) {
    super(file + ": " + problem, cause);
  }
}
