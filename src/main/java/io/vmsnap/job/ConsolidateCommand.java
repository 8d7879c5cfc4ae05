package io.vmsnap.job;

import io.vmsnap.snapshot.DirectoryConsolidation;
import io.vmsnap.snapshot.StopSignal;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.ConsolidateTask;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.DeleteResult;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.VmDefinition;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vmsnap job consolidate}: merges what deletions have left. */
@Command(
    name = "consolidate",
    mixinStandardHelpOptions = true,
    description = {
      "Merges disks of deleted snapshots whose merge ended early, whether the machine runs or not.",
      "The task is in the environment variable VMSNAP_TASK, the machine's definition in VMSNAP_VM."
          + " SIGTERM ends it at the next point from which it can go on later."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:No disk is left that needs consolidation.",
      "1:The task would fail again.",
      "2:Wrong usage.",
      "75:The task may succeed when tried again."
    })
final class ConsolidateCommand implements Callable<Integer> {
  @Option(names = "--directory", required = true, paramLabel = "DIR", description = "VM directory.")
  private Path directory;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    return JobProcess.run(System.getenv(), spec.commandLine().getOut(), operation(directory));
  }

  /** What the process does in the directory. */
  static JobProcess.Task operation(Path directory) {
    return (environment, process) -> consolidate(directory, environment, process);
  }

  private static TaskOutcome consolidate(
      Path directory, JobEnvironment environment, JobProcess process) throws Exception {
    ConsolidateTask task =
        environment.required(CreateSnapshotTask.ENVIRONMENT_VARIABLE, ConsolidateTask.class);
    VmDefinition definition =
        environment.optional(VmDefinition.ENVIRONMENT_VARIABLE, VmDefinition.class);
    StopSignal stop = new StopSignal(Duration.ofSeconds(Math.max(1, task.timeoutSeconds())));
    process.onSignal(stop::request);
    try (VmStorage storage = new LocalStorage(directory)) {
      DeleteResult result =
          new DirectoryConsolidation(
                  storage, new QemuConnector(storage), Clock.systemUTC(), stop, JobProcess.PATIENCE)
              .run(definition, task);
      String message = "no disk needs consolidation";
      process.out().println(message);
      DeleteReport.print(result, process.out());
      return TaskOutcome.completed(message, result);
    }
  }
}
