package io.vmsnap.harness.bench;

import io.vmsnap.harness.cluster.VmsnapHome;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.TaskJson;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.VmDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A guest of one sector under {@code vmsnap runner}, and jobs on it: processes of their own. */
final class RunnerMachine implements AutoCloseable {
  private static final long DEADLINE_SECONDS = 300;

  private final Path directory;
  private final Path console;
  private final VmDefinition definition;
  private final Process runner;

  private RunnerMachine(Path directory, Path console, VmDefinition definition, Process runner) {
    this.directory = directory;
    this.console = console;
    this.definition = definition;
    this.runner = runner;
  }

  /**
   * Returns when the guest has filled its RAM.
   *
   * @param directory holds {@code boot.img}
   * @param console new file for the guest's serial port
   */
  static RunnerMachine start(Path directory, Path console, long ramMebibytes)
      throws IOException, InterruptedException {
    VmDefinition definition =
        new VmDefinition(
            "bench",
            "5c1e3a0e-0000-4000-8000-0000000be7c4",
            new VmDefinition.Hardware(1, ramMebibytes << 20, "bios", "qemu64", "tcg"),
            List.of(new VmDefinition.Disk("boot", null, "boot.img")),
            null,
            List.of(),
            false,
            5);
    Process process = start(List.of("runner"), directory, definition, null, console, Map.of());
    RunnerMachine machine = new RunnerMachine(directory, console, definition, process);
    try {
      awaitText(console, FillingGuest.DONE);
      return machine;
    } catch (IOException | RuntimeException e) {
      machine.close();
      throw e;
    }
  }

  /**
   * @param operation such as {@code create}
   * @param task its record
   * @throws IOException with the job's words if it did not succeed
   */
  TaskOutcome job(String operation, Object task) throws IOException, InterruptedException {
    Path log = directory.resolve(".vmsnap/outcome");
    Path output = console.resolveSibling("job.log");
    Process process =
        start(List.of("job", operation), directory, definition, task, output, Map.of());
    if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException("job " + operation + " does not end");
    }
    TaskOutcome outcome = TaskJson.readTerminationMessage(Files.readString(log));
    Files.delete(log);
    if (!outcome.succeeded()) {
      throw new IOException(operation + ": " + outcome.reason() + ": " + outcome.message());
    }
    return outcome;
  }

  /**
   * Starts the launcher as the operator's pods do.
   *
   * @param command such as {@code job create}
   * @param task its record; null for the runner
   * @param output for standard output; standard error goes beside it
   * @param variables more of the environment
   */
  static Process start(
      List<String> command,
      Path directory,
      VmDefinition definition,
      Object task,
      Path output,
      Map<String, String> variables)
      throws IOException {
    VmsnapHome home = VmsnapHome.ofThisProject();
    home.requireBuilt();
    List<String> line = new ArrayList<>(List.of(home.launcher().toString()));
    line.addAll(command);
    line.addAll(List.of("--directory", directory.toString()));
    ProcessBuilder builder = new ProcessBuilder(line).redirectOutput(output.toFile());
    builder.redirectError(Path.of(output + ".err").toFile());
    builder.environment().putAll(home.environment());
    builder.environment().putAll(variables);
    builder.environment().put(VmDefinition.ENVIRONMENT_VARIABLE, TaskJson.write(definition));
    builder.environment().put("POD_IP", "127.90.1.2");
    if (task != null) {
      builder.environment().put(CreateSnapshotTask.ENVIRONMENT_VARIABLE, TaskJson.write(task));
      builder
          .environment()
          .put("VMSNAP_TERMINATION_LOG", directory.resolve(".vmsnap/outcome").toString());
    }
    return builder.start();
  }

  static void awaitText(Path file, String text) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (!Files.exists(file) || !Files.readString(file).contains(text)) {
      if (System.nanoTime() > end) {
        throw new IOException("the guest does not say \"" + text + "\" in " + file);
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  /** The guest has no operating system: its power is cut. */
  @Override
  public void close() throws InterruptedException {
    List<ProcessHandle> children = runner.descendants().toList();
    runner.destroyForcibly().waitFor();
    children.forEach(ProcessHandle::destroyForcibly);
  }
}
