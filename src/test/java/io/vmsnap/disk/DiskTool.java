package io.vmsnap.disk;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the programs of others that conformance tests compare with; a missing one is a failure. */
public final class DiskTool {
  private DiskTool() {}

  /** Output of a command that must succeed. */
  public static String run(Path directory, String... command) throws IOException {
    Result result = attempt(directory, command);
    if (result.status != 0) {
      throw new AssertionError(String.join(" ", command) + " failed:\n" + result.output);
    }
    return result.output;
  }

  public static Result attempt(Path directory, String... command) throws IOException {
    File output = File.createTempFile("tool", ".out");
    try {
      Process process =
          new ProcessBuilder(List.of(command))
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output)
              .start();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(String.join(" ", command) + " does not end");
      }
      String text = java.nio.file.Files.readString(output.toPath(), StandardCharsets.ISO_8859_1);
      return new Result(process.exitValue(), text);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    } finally {
      output.delete();
    }
  }

  /** How a command ended. */
  public record Result(int status, String output) {}
}
