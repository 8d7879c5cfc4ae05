package io.vmsnap.job;

import io.vmsnap.log.LogFields;
import io.vmsnap.snapshot.FailureReason;
import io.vmsnap.task.ExitCode;
import io.vmsnap.task.TaskJson;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** A process that does one task: signals in, termination message and exit status out. */
final class JobProcess {
  static final String TERMINATION_LOG = "VMSNAP_TERMINATION_LOG";
  private static final String LOGGER = "io.vmsnap.job";
  private static final String DEFAULT_TERMINATION_LOG = "/dev/termination-log";

  /** Starting a machine keeps the lock for a few seconds; what takes longer is for a later try. */
  static final Duration PATIENCE = Duration.ofSeconds(15);

  private final PrintWriter out;
  private final CountDownLatch finished = new CountDownLatch(1);
  private volatile Runnable stop = () -> {};
  private volatile int exitCode = ExitCode.RETRY;

  private JobProcess(PrintWriter out) {
    this.out = out;
  }

  /** The work itself; whatever it throws becomes an outcome. */
  @FunctionalInterface
  interface Task {
    TaskOutcome run(JobEnvironment environment, JobProcess process) throws Exception;
  }

  static int run(Map<String, String> variables, PrintWriter out, Task task) {
    JobProcess process = new JobProcess(out);
    Thread hook = new Thread(process::signalled, "stop");
    Runtime.getRuntime().addShutdownHook(hook);
    TaskOutcome outcome = process.outcome(new JobEnvironment(variables), task);
    if (!outcome.succeeded()) {
      tellFailure(outcome.reason() + ": " + outcome.message(), out);
    }
    out.flush();
    process.writeTerminationMessage(variables, outcome);
    process.exitCode = ExitCode.of(outcome.reason());
    process.finished.countDown();
    return process.exitCode;
  }

  private static void tellFailure(String failure, PrintWriter out) {
    if (LogFields.isJsonWanted()) {
      System.getLogger(LOGGER).log(System.Logger.Level.ERROR, failure);
    } else {
      out.println(failure);
    }
  }

  private static void tellDefect(Exception defect, PrintWriter out) {
    if (LogFields.isJsonWanted()) {
      System.getLogger(LOGGER).log(System.Logger.Level.ERROR, "a defect of vmsnap", defect);
    } else {
      defect.printStackTrace(out);
    }
  }

  private TaskOutcome outcome(JobEnvironment environment, Task task) {
    try {
      return task.run(environment, this);
    } catch (Exception e) {
      TaskReason reason = FailureReason.of(e);
      if (reason == TaskReason.InternalError) {
        tellDefect(e, out);
      }
      return new TaskOutcome(reason, FailureReason.message(e));
    }
  }

  /** What to do when the process is asked to end. */
  void onSignal(Runnable action) {
    stop = action;
  }

  PrintWriter out() {
    return out;
  }

  /**
   * Java runs its hooks for a signal, and also when the work is done. For a signal the process must
   * live until the operation has come to a safe point, and end with its exit status.
   */
  private void signalled() {
    if (finished.getCount() == 0) {
      return;
    }
    stop.run();
    try {
      finished.await();
      Runtime.getRuntime().halt(exitCode);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void writeTerminationMessage(Map<String, String> variables, TaskOutcome outcome) {
    Path file = Path.of(variables.getOrDefault(TERMINATION_LOG, DEFAULT_TERMINATION_LOG));
    boolean asked = variables.containsKey(TERMINATION_LOG);
    try {
      if (asked || Files.exists(file)) {
        Files.writeString(file, TaskJson.writeTerminationMessage(outcome));
      }
    } catch (IOException e) {
      out.println("cannot write the termination message to " + file + ": " + e.getMessage());
    }
  }
}
