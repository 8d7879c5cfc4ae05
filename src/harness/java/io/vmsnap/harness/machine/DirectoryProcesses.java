package io.vmsnap.harness.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The processes of this host that work on one VM directory, found by {@code /proc}: Java does not
 * tell the arguments of a process that has long ones.
 */
public final class DirectoryProcesses {
  private final Path directory;

  public DirectoryProcesses(Path directory) {
    this.directory = directory;
  }

  /** Jobs of all kinds. */
  public List<ProcessHandle> jobs() throws IOException {
    return vmsnap("job\0[a-z]+");
  }

  public List<ProcessHandle> runner() throws IOException {
    return vmsnap("runner");
  }

  /** It works in the directory, and gets relative names. */
  public List<ProcessHandle> qemu() throws IOException {
    List<ProcessHandle> found = new ArrayList<>();
    for (Path process : processes()) {
      try {
        if (command(process).contains("qemu-system")
            && Files.readSymbolicLink(process.resolve("cwd")).equals(directory.toRealPath())) {
          add(process, found);
        }
      } catch (IOException e) {
        continue; // it has ended meanwhile, or is not ours
      }
    }
    return found;
  }

  private List<ProcessHandle> vmsnap(String words) throws IOException {
    Pattern end =
        Pattern.compile(
            words + "\0--directory\0" + Pattern.quote(directory.toString()) + "\0$",
            Pattern.DOTALL);
    List<ProcessHandle> found = new ArrayList<>();
    for (Path process : processes()) {
      try {
        if (end.matcher(command(process)).find()) {
          add(process, found);
        }
      } catch (IOException e) {
        continue;
      }
    }
    return found;
  }

  private static List<Path> processes() throws IOException {
    List<Path> processes = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"), "[1-9]*")) {
      all.forEach(processes::add);
    }
    return processes;
  }

  private static String command(Path process) throws IOException {
    return Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
  }

  private static void add(Path process, List<ProcessHandle> found) {
    ProcessHandle.of(Long.parseLong(process.getFileName().toString())).ifPresent(found::add);
  }
}
