package io.vmsnap.harness.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The operator as a process of this machine, {@code vmsnap operator} with {@code KUBECONFIG}: the
 * very code of the image, which tests can stop and kill at any moment. Output goes to a log file
 * that all its lives share.
 */
public final class OperatorProcess implements AutoCloseable {
  private static final Duration STOP_DEADLINE = Duration.ofSeconds(20);

  private final List<String> command;
  private final Map<String, String> environment;
  private final Path log;
  private Process process;

  /**
   * @param command the launcher and its arguments
   * @param environment added to this process's environment
   * @param log appended to; its directory is made when needed
   */
  public OperatorProcess(List<String> command, Map<String, String> environment, Path log) {
    this.command = List.copyOf(command);
    this.environment = Map.copyOf(environment);
    this.log = log;
  }

  /** Starts the operator unless it runs. Returns before it is ready: scenarios wait for effects. */
  public synchronized void start() {
    if (running()) {
      return;
    }
    try {
      Files.createDirectories(log.toAbsolutePath().getParent());
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      builder.environment().putAll(environment);
      process = builder.start();
      process.getOutputStream().close();
    } catch (IOException e) {
      throw new UncheckedIOException("operator does not start: " + String.join(" ", command), e);
    }
  }

  /** Ends it as a rollout does: SIGTERM, and SIGKILL after 20 s. */
  public synchronized void stop() {
    if (process == null) {
      return;
    }
    process.destroy();
    if (!exited(STOP_DEADLINE)) {
      kill();
    }
  }

  /** SIGKILL: the operator gets no chance to finish anything. */
  public synchronized void kill() {
    if (process != null) {
      process.destroyForcibly();
      exited(STOP_DEADLINE);
    }
  }

  public synchronized boolean running() {
    return process != null && process.isAlive();
  }

  /** Empty before the first start and while it runs. */
  public synchronized Optional<Integer> exitStatus() {
    return process == null || process.isAlive()
        ? Optional.empty()
        : Optional.of(process.exitValue());
  }

  public Path log() {
    return log;
  }

  @Override
  public void close() {
    stop();
  }

  private boolean exited(Duration deadline) {
    try {
      return process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
