package io.vmsnap.job;

import io.vmsnap.snapshot.SnapshotDescription;
import io.vmsnap.snapshot.StopSignal;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.DescribeSnapshotTask;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vmsnap job describe}: gives a snapshot another description. */
@Command(
    name = "describe",
    mixinStandardHelpOptions = true,
    description = {
      "Gives a snapshot another description, whether the machine runs or not.",
      "The task is in the environment variable VMSNAP_TASK, the machine's definition in VMSNAP_VM."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:The snapshot has the description.",
      "1:The task would fail again.",
      "2:Wrong usage.",
      "75:The task may succeed when tried again."
    })
final class DescribeCommand implements Callable<Integer> {
  @Option(names = "--directory", required = true, paramLabel = "DIR", description = "VM directory.")
  private Path directory;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    return JobProcess.run(System.getenv(), spec.commandLine().getOut(), operation(directory));
  }

  /** What the process does in the directory. */
  static JobProcess.Task operation(Path directory) {
    return (environment, process) -> describe(directory, environment, process);
  }

  private static TaskOutcome describe(
      Path directory, JobEnvironment environment, JobProcess process) throws Exception {
    DescribeSnapshotTask task =
        environment.required(CreateSnapshotTask.ENVIRONMENT_VARIABLE, DescribeSnapshotTask.class);
    VmDefinition definition =
        environment.optional(VmDefinition.ENVIRONMENT_VARIABLE, VmDefinition.class);
    StopSignal stop = new StopSignal(Duration.ofSeconds(Math.max(1, task.timeoutSeconds())));
    process.onSignal(stop::request);
    try (VmStorage storage = new LocalStorage(directory)) {
      new SnapshotDescription(
              storage, new QemuConnector(storage), Clock.systemUTC(), stop, JobProcess.PATIENCE)
          .run(definition, task);
      String message = "snapshot " + task.snapshotUid() + " has its new description";
      process.out().println(message);
      return new TaskOutcome(TaskReason.Completed, message);
    }
  }
}
