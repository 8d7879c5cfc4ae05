package io.vmsnap.cli;

import io.vmsnap.job.JobCall;
import io.vmsnap.log.LogFields;
import io.vmsnap.runner.RunnerCommand;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * The calls that the operator's pods make, word by word: a guest may be waiting for them, and the
 * command line's parser alone takes as long as the rest of a job (0.45 of 0.8 s, it cannot be kept
 * in Java's cache because its class files are of an old format). Every other call, also one of
 * these with a mistake in it, is the parser's.
 */
public final class DirectCall {
  private static final String DIRECTORY = "--directory";

  private DirectCall() {}

  /** The exit status, or nothing if this is not such a call. */
  public static OptionalInt run(String... args) {
    if (args.length == 3 && args[0].equals("runner") && args[1].equals(DIRECTORY)) {
      StandardErrorLog.install();
      return OptionalInt.of(RunnerCommand.run(Path.of(args[2])));
    }
    if (args.length == 4 && args[0].equals("job") && args[2].equals(DIRECTORY)) {
      StandardErrorLog.install();
      PrintWriter out =
          LogFields.isJsonWanted() ? LogWriter.open("io.vmsnap.job") : StandardOutput.open();
      return JobCall.run(args[1], Path.of(args[3]), out);
    }
    return OptionalInt.empty();
  }
}
