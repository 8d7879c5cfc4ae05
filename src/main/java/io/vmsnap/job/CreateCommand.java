package io.vmsnap.job;

import io.vmsnap.snapshot.SnapshotCreation;
import io.vmsnap.snapshot.StopSignal;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.SnapshotResult;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.VmDefinition;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vmsnap job create}: takes a snapshot. */
@Command(
    name = "create",
    mixinStandardHelpOptions = true,
    description = {
      "Takes a snapshot of the machine in a directory, running or not.",
      "The task is in the environment variable VMSNAP_TASK, the machine's definition in VMSNAP_VM."
          + " SIGTERM ends it at the next point where all can be taken back."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:The snapshot exists.",
      "1:The task would fail again.",
      "2:Wrong usage.",
      "75:The task may succeed when tried again."
    })
final class CreateCommand implements Callable<Integer> {
  @Option(names = "--directory", required = true, paramLabel = "DIR", description = "VM directory.")
  private Path directory;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    return JobProcess.run(System.getenv(), spec.commandLine().getOut(), operation(directory));
  }

  /** What the process does in the directory. */
  static JobProcess.Task operation(Path directory) {
    return (environment, process) -> create(directory, environment, process);
  }

  private static TaskOutcome create(Path directory, JobEnvironment environment, JobProcess process)
      throws Exception {
    CreateSnapshotTask task =
        environment.required(CreateSnapshotTask.ENVIRONMENT_VARIABLE, CreateSnapshotTask.class);
    VmDefinition definition =
        environment.optional(VmDefinition.ENVIRONMENT_VARIABLE, VmDefinition.class);
    StopSignal stop = new StopSignal(Duration.ofSeconds(Math.max(1, task.timeoutSeconds())));
    process.onSignal(stop::request);
    try (VmStorage storage = new LocalStorage(directory)) {
      SnapshotResult result =
          new SnapshotCreation(
                  storage, new QemuConnector(storage), Clock.systemUTC(), stop, JobProcess.PATIENCE)
              .run(definition, task);
      print(task, result, process.out());
      return TaskOutcome.completed("snapshot " + result.uid() + " was taken", result);
    }
  }

  private static void print(CreateSnapshotTask task, SnapshotResult result, PrintWriter out) {
    out.printf("snapshot %d \"%s\" was taken%n", result.uid(), task.displayName());
    for (SnapshotResult.DiskResult disk : result.disks()) {
      out.printf(
          "  %s: %s is frozen, %s takes the writes%n", disk.node(), disk.file(), disk.writesTo());
    }
    Double stun = result.timing().stunMillis();
    out.printf(
        "  %s, total %.0f ms%n",
        stun == null ? "the guest was not running" : String.format("stun %.1f ms", stun),
        result.timing().totalMillis());
  }
}
