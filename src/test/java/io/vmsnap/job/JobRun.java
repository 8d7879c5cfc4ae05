package io.vmsnap.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.ExitCode;
import io.vmsnap.task.TaskJson;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.VmDefinition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** {@code vmsnap job} as a process of its own, on a directory. */
public record JobRun(Path directory, VmDefinition definition) {
  /**
   * @param operation such as {@code revert}
   * @param task its record
   */
  public TaskOutcome run(String operation, Object task) throws Exception {
    return await(start(operation, task));
  }

  /** A job under way, for those who do something to it. */
  public Process start(String operation, Object task) throws Exception {
    ProcessBuilder builder =
        ProductProcess.of("job", operation, "--directory", directory.toString());
    builder.environment().put(VmDefinition.ENVIRONMENT_VARIABLE, TaskJson.write(definition));
    builder.environment().put(CreateSnapshotTask.ENVIRONMENT_VARIABLE, TaskJson.write(task));
    builder.environment().put(JobProcess.TERMINATION_LOG, log().toString());
    return builder.inheritIO().start();
  }

  public TaskOutcome await(Process process) throws Exception {
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    TaskOutcome outcome = TaskJson.readTerminationMessage(Files.readString(log()));
    assertThat(process.exitValue()).isEqualTo(ExitCode.of(outcome.reason()));
    Files.delete(log());
    return outcome;
  }

  /** Kills it after that time, wherever it is then. */
  public void runAndKill(String operation, Object task, Duration after) throws Exception {
    Process process = start(operation, task);
    process.waitFor(after.toMillis(), TimeUnit.MILLISECONDS);
    process.destroyForcibly().waitFor();
    Files.deleteIfExists(log());
  }

  private Path log() {
    return directory.resolve(".vmsnap/termination-log");
  }
}
