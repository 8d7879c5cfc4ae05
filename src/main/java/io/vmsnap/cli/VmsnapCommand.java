package io.vmsnap.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line: everything except {@code operator}, which {@code Main} hands to Quarkus. */
@Command(
    name = "vmsnap",
    mixinStandardHelpOptions = true,
    description = "VMware-style snapshots for QEMU virtual machines.",
    subcommands = {ExportCommand.class})
public final class VmsnapCommand {
  VmsnapCommand() {}

  /** Runs one command and returns its exit status: 0 done, 1 failed, 2 wrong usage. */
  public static int run(String... args) {
    return new CommandLine(new VmsnapCommand()).execute(args);
  }
}
