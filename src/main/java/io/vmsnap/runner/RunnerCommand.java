package io.vmsnap.runner;

import io.vmsnap.task.ExitCode;
import io.vmsnap.task.TaskJson;
import io.vmsnap.task.TaskOutcome;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code vmsnap runner}: the first process of a virtual machine's pod. */
@Command(
    name = "runner",
    mixinStandardHelpOptions = true,
    description = {
      "Runs the virtual machine of a directory until it is powered off.",
      "The machine's definition is in the environment variable VMSNAP_VM. SIGTERM powers the"
          + " guest off."
    })
public final class RunnerCommand implements Callable<Integer> {
  private static final System.Logger LOG = System.getLogger(RunnerCommand.class.getName());
  private static final String TERMINATION_LOG = "VMSNAP_TERMINATION_LOG";

  @Option(
      names = "--directory",
      required = true,
      paramLabel = "DIR",
      description = "The VM directory; created if it does not exist.")
  private Path directory;

  private final StopRequest stop = new StopRequest();
  private final CountDownLatch finished = new CountDownLatch(1);
  private volatile int exitCode = ExitCode.RETRY;

  public RunnerCommand() {}

  private RunnerCommand(Path directory) {
    this.directory = directory;
  }

  /** Runs the machine of a directory until it is off, and returns the exit status. */
  public static int run(Path directory) {
    return new RunnerCommand(directory).call();
  }

  @Override
  public Integer call() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::onSignal, "stop"));
    Map<String, String> environment = System.getenv();
    TaskOutcome outcome;
    try {
      Files.createDirectories(directory);
      RunnerSettings settings = RunnerSettings.of(directory.toRealPath(), environment);
      outcome = new Runner(settings, stop, new FileOutputStream(FileDescriptor.out)).run();
    } catch (RunnerFailure | IOException e) {
      outcome = RunnerFailure.of(e).outcome();
      LOG.log(System.Logger.Level.ERROR, outcome.message());
    }
    writeTerminationMessage(outcome, environment);
    exitCode = ExitCode.of(outcome.reason());
    finished.countDown();
    return exitCode;
  }

  /**
   * Java ends by running its hooks, whether for a signal or because the work is done. The first is
   * the wish to stop: the process lives until the machine is off, and ends with its exit status.
   */
  private void onSignal() {
    if (finished.getCount() == 0) {
      return;
    }
    stop.request();
    try {
      finished.await();
      Runtime.getRuntime().halt(exitCode);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void writeTerminationMessage(
      TaskOutcome outcome, Map<String, String> environment) {
    Path file = Path.of(environment.getOrDefault(TERMINATION_LOG, "/dev/termination-log"));
    try {
      if (Files.exists(file)) {
        Files.writeString(file, TaskJson.writeTerminationMessage(outcome));
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "cannot write " + file + ": " + e.getMessage());
    }
  }
}
