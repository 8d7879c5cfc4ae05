package io.vmsnap.harness.tool;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program of the system, run to its end with a deadline, its output kept. */
public final class Tool {
  private static final Duration DEFAULT_DEADLINE = Duration.ofMinutes(5);

  private final List<String> command;
  private final Map<String, String> environment;
  private final Path directory;
  private final Duration deadline;

  private Tool(
      List<String> command, Map<String, String> environment, Path directory, Duration deadline) {
    this.command = List.copyOf(command);
    this.environment = Map.copyOf(environment);
    this.directory = directory;
    this.deadline = deadline;
  }

  /**
   * What a run left.
   *
   * @param output standard output and standard error, as they came
   */
  public record Result(int exitStatus, String output) {
    public boolean succeeded() {
      return exitStatus == 0;
    }
  }

  public static Tool of(String... command) {
    return of(List.of(command));
  }

  public static Tool of(List<String> command) {
    return new Tool(command, Map.of(), null, DEFAULT_DEADLINE);
  }

  public Tool in(Path workingDirectory) {
    return new Tool(command, environment, workingDirectory, deadline);
  }

  public Tool with(Map<String, String> variables) {
    return new Tool(command, variables, directory, deadline);
  }

  public Tool within(Duration limit) {
    return new Tool(command, environment, directory, limit);
  }

  public Tool and(String... arguments) {
    List<String> longer = new ArrayList<>(command);
    longer.addAll(List.of(arguments));
    return new Tool(longer, environment, directory, deadline);
  }

  /** The output of a run that has to succeed. */
  public String output() throws IOException, InterruptedException {
    Result result = run();
    if (!result.succeeded()) {
      throw new IOException(
          "%s: exit status %d%n%s".formatted(this, result.exitStatus(), result.output()));
    }
    return result.output();
  }

  /**
   * Runs to the end, whatever the exit status.
   *
   * @throws IOException if the program is not there, or does not end within the deadline
   */
  public Result run() throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectInput(Path.of("/dev/null").toFile());
    builder.environment().putAll(environment);
    // Messages are matched nowhere, but people compare them.
    builder.environment().put("LC_ALL", "C.UTF-8");
    if (directory != null) {
      builder.directory(directory.toFile());
    }
    Process process = builder.start();
    StringBuilder output = new StringBuilder();
    Thread reader = Thread.ofVirtual().start(() -> collect(process.getInputStream(), output));
    try {
      if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException("%s: not done after %s".formatted(this, deadline));
      }
      reader.join(Duration.ofSeconds(5));
      synchronized (output) {
        return new Result(process.exitValue(), output.toString());
      }
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static void collect(InputStream stream, StringBuilder output) {
    try (var reader = new java.io.InputStreamReader(stream, StandardCharsets.UTF_8)) {
      char[] buffer = new char[8192];
      for (int n = reader.read(buffer); n >= 0; n = reader.read(buffer)) {
        synchronized (output) {
          output.append(buffer, 0, n);
        }
      }
    } catch (IOException e) {
      // the process was killed; its exit status tells
    }
  }

  /** Whether the program is there to be run. */
  public static boolean isInstalled(String program) {
    return find(program) != null;
  }

  /** Where the program is: on the PATH, or where system programs are; null if nowhere. */
  public static Path find(String program) {
    String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin:/usr/bin:/bin";
    for (String place : path.split(":")) {
      Path candidate = Path.of(place.isEmpty() ? "." : place, program);
      if (Files.isExecutable(candidate) && Files.isRegularFile(candidate)) {
        return candidate;
      }
    }
    return null;
  }

  @Override
  public String toString() {
    return String.join(" ", command);
  }
}
