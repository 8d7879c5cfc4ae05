package io.vmsnap.harness.controlplane;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A server that lives no longer than this JVM: the kernel kills it even if the JVM gets a SIGKILL
 * and runs no shutdown hook.
 */
final class ChildProcess implements AutoCloseable {
  /**
   * Starts all children. The kernel sends the parent-death signal when the <em>thread</em> that
   * started the child ends, not the process, so that thread has to live as long as the JVM.
   */
  private static final ExecutorService STARTER =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("child-process-starter").factory());

  private static final long TAIL_BYTES = 4096;
  private static final int TAIL_LINES = 12;
  private static final Duration KILL_DEADLINE = Duration.ofSeconds(5);

  private final String name;
  private final Path log;
  private final Process process;

  private ChildProcess(String name, Path log, Process process) {
    this.name = name;
    this.log = log;
    this.process = process;
  }

  /**
   * Starts a program.
   *
   * @param name what messages call it
   * @param program and its arguments
   * @param log gets its standard output and error, appended
   */
  static ChildProcess start(String name, Path program, List<String> arguments, Path log) {
    List<String> command =
        new ArrayList<>(List.of("setsid", "setpriv", "--pdeathsig", "KILL", "--"));
    command.add(program.toString());
    command.addAll(arguments);
    // A session of its own keeps Ctrl-C from it: pods report their end to a server that still runs.
    // setsid does not fork here (a new child never leads a group), so the death signal works.
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    // The JVM's own proxy and Kubernetes settings are not meant for these servers.
    builder.environment().keySet().removeIf(k -> k.startsWith("ETCD_") || k.equals("KUBECONFIG"));
    return new ChildProcess(name, log, onStarterThread(name, builder));
  }

  private static Process onStarterThread(String name, ProcessBuilder builder) {
    try {
      Process started = CompletableFuture.supplyAsync(() -> spawn(name, builder), STARTER).get();
      started.getOutputStream().close();
      return started;
    } catch (IOException | ExecutionException e) {
      throw new ControlPlaneException(name + " does not start: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted while starting " + name, e);
    }
  }

  private static Process spawn(String name, ProcessBuilder builder) {
    try {
      return builder.start();
    } catch (IOException e) {
      throw new ControlPlaneException(
          "cannot run %s: is %s there? setpriv comes with util-linux"
              .formatted(builder.command(), name),
          e);
    }
  }

  String name() {
    return name;
  }

  long pid() {
    return process.pid();
  }

  Path log() {
    return log;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /**
   * @throws ControlPlaneException if it has ended, with the end of its log
   */
  void requireAlive() {
    if (!process.isAlive()) {
      throw new ControlPlaneException(
          "%s ended with status %d; the end of %s:%n%s"
              .formatted(name, process.exitValue(), log, logTail()));
    }
  }

  /** The last lines of its log, for messages. */
  String logTail() {
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
      file.seek(Math.max(0, Files.size(log) - TAIL_BYTES));
      byte[] tail = new byte[(int) TAIL_BYTES];
      int length = Math.max(0, file.read(tail));
      List<String> lines = new String(tail, 0, length, StandardCharsets.UTF_8).lines().toList();
      return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
    } catch (IOException e) {
      return "(" + log + " cannot be read: " + e.getMessage() + ")";
    }
  }

  /** Asks it to end, and kills it when it has not by the deadline. */
  void stop(Duration deadline) {
    process.destroy();
    if (!ended(deadline)) {
      process.destroyForcibly();
      ended(KILL_DEADLINE);
    }
  }

  /** Kills it: for servers that have nothing to save. */
  @Override
  public void close() {
    process.destroyForcibly();
    ended(KILL_DEADLINE);
  }

  private boolean ended(Duration deadline) {
    try {
      return process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return !process.isAlive();
    }
  }
}
