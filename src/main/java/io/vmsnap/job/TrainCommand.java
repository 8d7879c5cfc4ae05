package io.vmsnap.job;

import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.DeleteSnapshotTask;
import io.vmsnap.task.ExitCode;
import io.vmsnap.task.RevertSnapshotTask;
import io.vmsnap.task.SuspendTask;
import io.vmsnap.task.TaskJson;
import io.vmsnap.task.VmDefinition;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code vmsnap job train}: every operation once, in one process, on a running machine that is
 * worth nothing. Java records what they load and run in its AOT cache (JEP 483, JEP 514), so that
 * the jobs after it need not find it out again.
 */
@Command(
    name = "train",
    hidden = true,
    mixinStandardHelpOptions = true,
    description = {
      "Takes, reverts to and deletes snapshots of the machine in a directory, and suspends it. For"
          + " machines without content: see bin/vmsnap-train."
    })
final class TrainCommand implements Callable<Integer> {
  private static final int TIMEOUT_SECONDS = 120;
  private static final int MAX_DEPTH = 32;

  @Option(names = "--directory", required = true, paramLabel = "DIR", description = "VM directory.")
  private Path directory;

  @Spec private CommandSpec spec;

  private int requests;

  @Override
  public Integer call() {
    boolean done =
        run(createTask(true), CreateCommand.operation(directory))
            && run(revertTask("OnDemand"), RevertCommand.operation(directory))
            && run(createTask(false), CreateCommand.operation(directory))
            && run(revertTask("Eager"), RevertCommand.operation(directory))
            && run(deleteTask(2), DeleteCommand.operation(directory))
            && run(deleteTask(1), DeleteCommand.operation(directory))
            && run(new SuspendTask(id(), TIMEOUT_SECONDS, 0), SuspendCommand.operation(directory));
    return done ? 0 : 1;
  }

  private boolean run(Object task, JobProcess.Task operation) {
    PrintWriter out = spec.commandLine().getOut();
    Map<String, String> variables =
        Map.of(
            CreateSnapshotTask.ENVIRONMENT_VARIABLE,
            TaskJson.write(task),
            VmDefinition.ENVIRONMENT_VARIABLE,
            System.getenv(VmDefinition.ENVIRONMENT_VARIABLE),
            JobProcess.TERMINATION_LOG,
            directory.resolve(".vmsnap/outcome").toString());
    return JobProcess.run(variables, out, operation) == ExitCode.DONE;
  }

  private CreateSnapshotTask createTask(boolean memory) {
    return new CreateSnapshotTask(
        id(), "training", "", memory, "None", 0, TIMEOUT_SECONDS, MAX_DEPTH, 0);
  }

  private RevertSnapshotTask revertTask(String load) {
    return new RevertSnapshotTask(id(), 1, "FromSnapshot", load, TIMEOUT_SECONDS, MAX_DEPTH, 0);
  }

  private DeleteSnapshotTask deleteTask(long uid) {
    return new DeleteSnapshotTask(id(), uid, false, 0, TIMEOUT_SECONDS);
  }

  private String id() {
    return "training-" + ++requests;
  }
}
