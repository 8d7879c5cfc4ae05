package io.vmsnap.job;

import picocli.CommandLine.Command;

/** {@code vmsnap job}: the main process of a snapshot job's pod. */
@Command(
    name = "job",
    mixinStandardHelpOptions = true,
    description = "One operation on a VM directory, as the operator orders it.",
    subcommands = {
      CreateCommand.class,
      RevertCommand.class,
      DescribeCommand.class,
      SuspendCommand.class,
      DeleteCommand.class,
      ConsolidateCommand.class,
      TrainCommand.class
    })
public final class JobCommand {}
