package io.vmsnap.harness.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The operator as a process of this machine, {@code vmsnap operator} with {@code KUBECONFIG}: the
 * very code of the image, which tests can stop and kill at any moment. Output goes to a log file
 * that all its lives share.
 */
public final class OperatorProcess implements AutoCloseable {
  /**
   * The kernel sends the parent-death signal when the starting <em>thread</em> ends, so that thread
   * has to live as long as the JVM.
   */
  private static final ExecutorService STARTER =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("operator-starter").factory());

  private static final Duration STOP_DEADLINE = Duration.ofSeconds(20);

  /** More means that it never works; its log tells why. */
  private static final int MAX_RESTARTS = 5;

  private final List<String> command;
  private final Map<String, String> environment;
  private final Path log;
  private Process process;
  private boolean wanted;
  private int restarts;

  /**
   * @param command the launcher and its arguments
   * @param environment added to this process's environment
   * @param log appended to; its directory is made when needed
   */
  public OperatorProcess(List<String> command, Map<String, String> environment, Path log) {
    this.command = new ArrayList<>(List.of("setsid", "setpriv", "--pdeathsig", "KILL", "--"));
    this.command.addAll(command);
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
      process = STARTER.submit(builder::start).get();
      process.getOutputStream().close();
      wanted = true;
      process.onExit().thenAcceptAsync(this::restart);
    } catch (IOException | ExecutionException e) {
      throw new IllegalStateException("operator does not start: " + String.join(" ", command), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while starting the operator", e);
    }
  }

  /** Ends it as a rollout does: SIGTERM, and SIGKILL after 20 s. */
  public synchronized void stop() {
    wanted = false;
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
    wanted = false;
    if (process != null) {
      process.destroyForcibly();
      exited(STOP_DEADLINE);
    }
  }

  /** An operator that gives up by itself is started again, as its Deployment would do. */
  private synchronized void restart(Process ended) {
    if (wanted && ended == process && restarts < MAX_RESTARTS) {
      restarts++;
      start();
    }
  }

  public synchronized boolean running() {
    return process != null && process.isAlive();
  }

  /** Of the process that runs; another one where it was started again. */
  public synchronized long pid() {
    return process.pid();
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
