package io.vmsnap.snapshot;

/**
 * Something that {@link DirectoryChecker} found.
 *
 * @param file the file it is about
 * @param message what is wrong
 * @param advice what to do
 */
public record DirectoryFinding(Severity severity, String file, String message, String advice) {
  /** How bad it is. */
  public enum Severity {
    /** A state of the machine is lost, or would be read wrong by somebody. */
    ERROR,
    /** Worth knowing; nothing is lost. */
    NOTICE
  }

  static DirectoryFinding error(String file, String message, String advice) {
    return new DirectoryFinding(Severity.ERROR, file, message, advice);
  }

  static DirectoryFinding notice(String file, String message, String advice) {
    return new DirectoryFinding(Severity.NOTICE, file, message, advice);
  }
}
