package io.vmsnap.harness.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * One run of a container: a process in a session of its own with its output in a file, and all its
 * descendants. When the main process ends the rest is killed, as the end of a PID namespace would.
 */
final class ContainerProcess {
  private final String id;
  private final Process main;
  private final Path log;
  private final Instant started;
  private final ProcessMark mark;
  private final CompletableFuture<Exit> exit;

  /**
   * @param code exit status; 128 + n after signal n, as container runtimes report it
   */
  record Exit(int code, Instant at) {}

  private ContainerProcess(String id, Process main, Path log, Instant started) {
    this.id = id;
    this.main = main;
    this.log = log;
    this.started = started;
    this.mark = ProcessMark.ofContainer(id);
    this.exit =
        main.onExit()
            .thenApplyAsync(
                process -> {
                  Exit result = new Exit(process.exitValue(), Instant.now());
                  mark.killAll();
                  return result;
                },
                Thread::startVirtualThread);
  }

  /**
   * @param id unique on this node, e.g. {@code UID/name/0}
   * @param nodeId goes into every process, for the guardian
   * @throws IOException if there is no such program or directory
   */
  static ContainerProcess start(String id, String nodeId, ContainerPlan plan, Path log)
      throws IOException {
    Files.createDirectories(log.getParent());
    Files.createDirectories(plan.workingDirectory());
    Files.createDirectories(plan.terminationMessage().getParent());
    Files.deleteIfExists(plan.terminationMessage());
    Files.createFile(plan.terminationMessage());
    Program.find(plan.command().getFirst(), plan.environment(), plan.workingDirectory());

    List<String> command = new ArrayList<>(List.of("setsid"));
    command.addAll(plan.command());
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(plan.workingDirectory().toFile())
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    environment(builder.environment(), plan.environment(), id, nodeId);
    Instant started = Instant.now();
    return new ContainerProcess(id, builder.start(), log, started);
  }

  /** Runs another command inside the container, as {@code exec} probes do; the caller ends it. */
  static Process exec(
      String id, String nodeId, ContainerPlan plan, List<String> command, Path output)
      throws IOException {
    List<String> rewritten = new ArrayList<>(command);
    rewritten.replaceAll(plan.mounts()::rewrite);
    // ProcessBuilder would look in this process's PATH, not in the container's.
    Path program = Program.find(rewritten.getFirst(), plan.environment(), plan.workingDirectory());
    rewritten.set(0, program.toString());
    ProcessBuilder builder =
        new ProcessBuilder(rewritten)
            .directory(plan.workingDirectory().toFile())
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    environment(builder.environment(), plan.environment(), id, nodeId);
    return builder.start();
  }

  private static void environment(
      Map<String, String> target, Map<String, String> container, String id, String nodeId) {
    target.clear();
    target.putAll(container);
    target.put(ProcessMark.NODE_VARIABLE, nodeId);
    target.put(ProcessMark.CONTAINER_VARIABLE, id);
  }

  String id() {
    return id;
  }

  Path log() {
    return log;
  }

  Instant started() {
    return started;
  }

  /** Done when the main process has ended and its descendants are gone. */
  CompletableFuture<Exit> exit() {
    return exit;
  }

  Optional<Exit> exited() {
    return Optional.ofNullable(exit.getNow(null));
  }

  /** SIGTERM to the main process only, as a container runtime does. */
  void terminate() {
    main.destroy();
  }

  /** SIGKILL to all processes of the container. */
  void kill() {
    main.destroyForcibly();
    mark.killAll();
  }
}
