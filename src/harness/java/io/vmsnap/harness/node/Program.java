package io.vmsnap.harness.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Looks for the program of a command before it is started, so that the error says what is missing.
 */
final class Program {
  private Program() {}

  /**
   * @throws IOException if no such file is executable
   */
  static Path find(String name, Map<String, String> environment, Path workingDirectory)
      throws IOException {
    if (name.contains("/")) {
      Path path = workingDirectory.resolve(name);
      if (Files.isExecutable(path)) {
        return path;
      }
      throw new IOException("\"" + name + "\": no such file or not executable");
    }
    String searchPath = environment.getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin");
    for (String directory : searchPath.split(":")) {
      Path path = Path.of(directory).resolve(name);
      if (!directory.isEmpty() && Files.isRegularFile(path) && Files.isExecutable(path)) {
        return path;
      }
    }
    throw new IOException("\"" + name + "\": executable file not found in PATH " + searchPath);
  }
}
