package io.vmsnap.task;

/** Exit statuses of {@code vmsnap job} and {@code vmsnap runner}. */
public final class ExitCode {
  public static final int DONE = 0;

  /** Final: the same task would fail again. */
  public static final int FAILED = 1;

  public static final int WRONG_USAGE = 2;

  /** May succeed when tried again. */
  public static final int RETRY = 75; // EX_TEMPFAIL of sysexits.h

  private ExitCode() {}

  public static int of(TaskReason reason) {
    return switch (reason.verdict()) {
      case DONE -> DONE;
      case RETRY -> RETRY;
      case FAILED -> FAILED;
    };
  }
}
