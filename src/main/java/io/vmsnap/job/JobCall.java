package io.vmsnap.job;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.OptionalInt;

/** {@code vmsnap job OPERATION --directory DIR}, when the caller has told the words apart. */
public final class JobCall {
  private JobCall() {}

  /** The exit status, or nothing if there is no such operation. */
  public static OptionalInt run(String operation, Path directory, PrintWriter out) {
    JobProcess.Task task =
        switch (operation) {
          case "create" -> CreateCommand.operation(directory);
          case "revert" -> RevertCommand.operation(directory);
          case "delete" -> DeleteCommand.operation(directory);
          case "consolidate" -> ConsolidateCommand.operation(directory);
          case "describe" -> DescribeCommand.operation(directory);
          case "suspend" -> SuspendCommand.operation(directory);
          default -> null;
        };
    return task == null
        ? OptionalInt.empty()
        : OptionalInt.of(JobProcess.run(System.getenv(), out, task));
  }
}
