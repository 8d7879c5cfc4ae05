package io.vmsnap.job;

import io.vmsnap.snapshot.MachineSuspension;
import io.vmsnap.snapshot.StopSignal;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.SuspendTask;
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

/** {@code vmsnap job suspend}: saves a machine's memory and powers it off. */
@Command(
    name = "suspend",
    mixinStandardHelpOptions = true,
    description = {
      "Saves the memory of the running machine in a directory and powers it off; its next start"
          + " goes on from there.",
      "The task is in the environment variable VMSNAP_TASK, the machine's definition in VMSNAP_VM."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:The machine is suspended.",
      "1:The task would fail again.",
      "2:Wrong usage.",
      "75:The task may succeed when tried again."
    })
final class SuspendCommand implements Callable<Integer> {
  @Option(names = "--directory", required = true, paramLabel = "DIR", description = "VM directory.")
  private Path directory;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    return JobProcess.run(System.getenv(), spec.commandLine().getOut(), operation(directory));
  }

  /** What the process does in the directory. */
  static JobProcess.Task operation(Path directory) {
    return (environment, process) -> suspend(directory, environment, process);
  }

  private static TaskOutcome suspend(Path directory, JobEnvironment environment, JobProcess process)
      throws Exception {
    SuspendTask task =
        environment.required(CreateSnapshotTask.ENVIRONMENT_VARIABLE, SuspendTask.class);
    VmDefinition definition =
        environment.optional(VmDefinition.ENVIRONMENT_VARIABLE, VmDefinition.class);
    StopSignal stop = new StopSignal(Duration.ofSeconds(Math.max(1, task.timeoutSeconds())));
    process.onSignal(stop::request);
    try (VmStorage storage = new LocalStorage(directory)) {
      new MachineSuspension(
              storage, new QemuConnector(storage), Clock.systemUTC(), stop, JobProcess.PATIENCE)
          .run(definition, task);
      process.out().println("the machine is suspended");
      return new TaskOutcome(TaskReason.Completed, "the machine is suspended");
    }
  }
}
