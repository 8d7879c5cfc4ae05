package io.vmsnap.cli;

import io.vmsnap.job.JobCommand;
import io.vmsnap.runner.RunnerCommand;
import io.vmsnap.snapshot.RefusedException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParseResult;

/** The command line: everything except {@code operator}, which {@code Main} hands to Quarkus. */
@Command(
    name = "vmsnap",
    mixinStandardHelpOptions = true,
    description = "VMware-style snapshots for QEMU virtual machines.",
    subcommands = {
      AdoptCommand.class,
      ExportCommand.class,
      JobCommand.class,
      RunnerCommand.class,
      CheckCommand.class,
      ConsolidateCommand.class,
      InfoCommand.class,
      TreeCommand.class
    })
public final class VmsnapCommand {
  VmsnapCommand() {}

  /** Runs one command and returns its exit status: 0 done, 1 failed, 2 wrong usage. */
  public static int run(String... args) {
    StandardErrorLog.install();
    return commandLine().setOut(StandardOutput.open()).execute(args);
  }

  static CommandLine commandLine() {
    return new CommandLine(new VmsnapCommand()).setExecutionExceptionHandler(VmsnapCommand::report);
  }

  /** Files that are missing or damaged are the user's news; anything else is a defect of ours. */
  private static int report(Exception failure, CommandLine command, ParseResult parsed)
      throws Exception {
    if (!(failure instanceof IOException || failure instanceof RefusedException)) {
      throw failure;
    }
    String message =
        failure instanceof NoSuchFileException
            ? failure.getMessage() + ": does not exist"
            : failure.getMessage();
    command.getErr().println("vmsnap: " + message);
    return command.getCommandSpec().exitCodeOnExecutionException();
  }
}
