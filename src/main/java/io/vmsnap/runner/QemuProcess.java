package io.vmsnap.runner;

import io.vmsnap.hypervisor.HypervisorException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The process QEMU: how it is started so that it cannot outlive the runner, and what it last said.
 */
final class QemuProcess {
  private static final System.Logger LOG = System.getLogger(QemuProcess.class.getName());

  /** Kills QEMU with the thread that started it: a machine without a runner would be off limits. */
  private static final List<String> DIES_WITH_US = List.of("--pdeathsig", "KILL", "--");

  private static final List<Path> SETPRIV =
      List.of(Path.of("/usr/bin/setpriv"), Path.of("/bin/setpriv"));
  private static final int KEPT_LINES = 20;
  private static final int MAX_KEPT_CHARS = 500;

  /** The thread whose death the kernel reports: it lives as long as this process. */
  private static final ExecutorService PARENT =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("qemu-parent").factory());

  /** Those whose exit status Java has not taken yet. */
  private static final Set<Long> RUNNING = ConcurrentHashMap.newKeySet();

  private final Process process;
  private final Deque<String> lastLines = new ArrayDeque<>();
  private final Thread errorReader;

  private QemuProcess(Process process) {
    this.process = process;
    RUNNING.add(process.pid());
    process.onExit().thenAccept(p -> RUNNING.remove(p.pid()));
    this.errorReader = Thread.ofPlatform().daemon().name("qemu-stderr").start(this::readErrors);
  }

  /**
   * @param directory working directory, to which the socket paths are relative
   */
  static QemuProcess start(Path program, List<String> arguments, Path directory)
      throws HypervisorException {
    List<String> command = new ArrayList<>();
    SETPRIV.stream()
        .filter(Files::isExecutable)
        .findFirst()
        .ifPresent(
            setpriv -> {
              command.add(setpriv.toString());
              command.addAll(DIES_WITH_US);
            });
    command.add(program.toString());
    command.addAll(arguments);
    try {
      return new QemuProcess(
          PARENT
              .submit(() -> new ProcessBuilder(command).directory(directory.toFile()).start())
              .get());
    } catch (ExecutionException e) {
      throw new HypervisorException(
          "cannot start " + program + ": " + e.getCause().getMessage(), false, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HypervisorException("interrupted while starting " + program, false, e);
    }
  }

  /** Whether Java waits for that process: nobody else may take its exit status. */
  static boolean isAwaited(long pid) {
    return RUNNING.contains(pid);
  }

  Process process() {
    return process;
  }

  /** What QEMU wrote to standard error last, in one line; after its end, all of it was read. */
  String lastWords() {
    if (!process.isAlive()) {
      try {
        errorReader.join(Duration.ofSeconds(1));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    synchronized (lastLines) {
      String words = String.join("; ", lastLines);
      return words.length() <= MAX_KEPT_CHARS
          ? words
          : words.substring(words.length() - MAX_KEPT_CHARS);
    }
  }

  private void readErrors() {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        LOG.log(System.Logger.Level.WARNING, "qemu: " + line);
        synchronized (lastLines) {
          lastLines.addLast(line);
          if (lastLines.size() > KEPT_LINES) {
            lastLines.removeFirst();
          }
        }
      }
    } catch (IOException e) {
      // The pipe broke with the process; its exit status tells the rest.
    }
  }
}
