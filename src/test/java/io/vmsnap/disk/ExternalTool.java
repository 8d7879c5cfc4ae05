package io.vmsnap.disk;

import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A program that none of us wrote, whose opinion of our files counts. */
public final class ExternalTool {
  private static final int DEADLINE_SECONDS = 120;
  private final String name;

  private ExternalTool(String name) {
    this.name = name;
  }

  /** The program; where it is not installed the test is skipped, but in CI it fails. */
  public static ExternalTool named(String name) {
    for (String folder : System.getenv("PATH").split(":")) {
      if (Files.isExecutable(Path.of(folder, name))) {
        return new ExternalTool(name);
      }
    }
    missing(name + " is not installed");
    throw new AssertionError("unreachable");
  }

  /** Fails in CI, skips elsewhere. */
  public static void missing(String why) {
    if (System.getenv("CI") != null) {
      fail(why);
    }
    Assumptions.abort(why);
  }

  /** What it printed and how it ended. */
  public record Result(int exit, String output) {}

  /** Runs it in the directory; fails unless it exits with 0. */
  public String run(Path directory, String... arguments) throws IOException {
    Result result = tryRun(directory, "", arguments);
    if (result.exit != 0) {
      fail(name + " " + String.join(" ", arguments) + ": " + result);
    }
    return result.output;
  }

  /** Runs it with this standard input. */
  public Result tryRun(Path directory, String input, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(name);
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile("tool", ".out");
    Path in = Files.createTempFile("tool", ".in");
    try {
      Files.writeString(in, input);
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectInput(in.toFile())
              .redirectOutput(out.toFile())
              .start();
      if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        fail(name + " took more than " + DEADLINE_SECONDS + " s");
      }
      return new Result(process.exitValue(), Files.readString(out));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    } finally {
      Files.delete(out);
      Files.delete(in);
    }
  }
}
