package io.vmsnap.job;

import io.vmsnap.snapshot.SnapshotRevert;
import io.vmsnap.snapshot.StopSignal;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.RevertResult;
import io.vmsnap.task.RevertSnapshotTask;
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

/** {@code vmsnap job revert}: returns to a snapshot. */
@Command(
    name = "revert",
    mixinStandardHelpOptions = true,
    description = {
      "Returns the machine in a directory to one of its snapshots. What the guest wrote since the"
          + " running state was last kept in a snapshot is given up.",
      "The task is in the environment variable VMSNAP_TASK, the machine's definition in VMSNAP_VM."
          + " SIGTERM ends it at the next point where all can be taken back."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:The machine is in the state of the snapshot, or was brought there by this request before.",
      "1:The task would fail again.",
      "2:Wrong usage.",
      "75:The task may succeed when tried again."
    })
final class RevertCommand implements Callable<Integer> {
  @Option(names = "--directory", required = true, paramLabel = "DIR", description = "VM directory.")
  private Path directory;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    return JobProcess.run(System.getenv(), spec.commandLine().getOut(), operation(directory));
  }

  /** What the process does in the directory. */
  static JobProcess.Task operation(Path directory) {
    return (environment, process) -> revert(directory, environment, process);
  }

  private static TaskOutcome revert(Path directory, JobEnvironment environment, JobProcess process)
      throws Exception {
    RevertSnapshotTask task =
        environment.required(CreateSnapshotTask.ENVIRONMENT_VARIABLE, RevertSnapshotTask.class);
    VmDefinition definition =
        environment.optional(VmDefinition.ENVIRONMENT_VARIABLE, VmDefinition.class);
    StopSignal stop = new StopSignal(Duration.ofSeconds(Math.max(1, task.timeoutSeconds())));
    process.onSignal(stop::request);
    try (VmStorage storage = new LocalStorage(directory)) {
      RevertResult result =
          new SnapshotRevert(
                  storage, new QemuConnector(storage), Clock.systemUTC(), stop, JobProcess.PATIENCE)
              .run(definition, task);
      print(result, process.out());
      return TaskOutcome.completed(
          "the machine is in the state of snapshot " + result.snapshotUid(), result);
    }
  }

  private static void print(RevertResult result, PrintWriter out) {
    out.printf(
        "the machine is in the state of snapshot %d: %s%s%n",
        result.snapshotUid(),
        result.powerState(),
        result.memoryLoad() == null ? "" : ", memory " + result.memoryLoad());
    for (RevertResult.DiskResult disk : result.disks()) {
      out.printf(
          "  %s: %s is what it was, %s takes the writes%n",
          disk.node(), disk.file(), disk.writesTo());
    }
    Double running = result.timing().runningMillis();
    out.printf(
        "  %d bytes were discarded; %stotal %.0f ms%n",
        result.discardedBytes(),
        running == null ? "" : String.format("the guest ran after %.0f ms, ", running),
        result.timing().totalMillis());
  }
}
