package io.vmsnap.harness.guest;

import io.vmsnap.harness.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Fetches and unpacks packages of the distribution without installing them and without rights to do
 * so. The system's package lists are used where they serve; where they are missing or outdated,
 * lists of our own are fetched with the system's sources and keys into a private directory.
 */
final class DebianPackages {
  private static final Pattern DEPENDENCY =
      Pattern.compile("^\\s*(?:Pre)?Depends: (\\S+)$", Pattern.MULTILINE);

  private final Path work;
  private final Consumer<String> progress;
  private List<String> options = List.of();

  /**
   * @param work for the downloads and, if need be, private package lists
   */
  DebianPackages(Path work, Consumer<String> progress) {
    this.work = work;
    this.progress = progress;
  }

  /** Makes sure that there is a candidate of this package. */
  void locate(String name) throws IOException, InterruptedException {
    if (!hasCandidate(name)) {
      refreshPrivately();
    }
    if (!hasCandidate(name)) {
      throw new IOException(
          "package %s is in none of the sources of /etc/apt; the demo guest needs Debian on amd64"
              .formatted(name));
    }
  }

  /** Names of the packages that this one needs directly. */
  Set<String> dependencies(String... names) throws IOException, InterruptedException {
    String output =
        apt("apt-cache", "depends", "--important")
            .and(names)
            .within(Duration.ofMinutes(1))
            .output();
    Set<String> found = new TreeSet<>();
    Matcher matcher = DEPENDENCY.matcher(output);
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }

  /** Downloads and unpacks into {@code root}. */
  void unpack(Set<String> names, Path root) throws IOException, InterruptedException {
    Path downloads = Files.createDirectories(work.resolve("debs"));
    progress.accept("downloading " + String.join(", ", names));
    Tool download =
        apt("apt-get", "download", "-q", "-o", "Acquire::Retries=3", "-o", "APT::Sandbox::User=")
            .and(names.toArray(String[]::new))
            .in(downloads);
    Tool.Result result = download.run();
    if (!result.succeeded() && options.isEmpty()) {
      // The system's lists may name versions that the archive has replaced since.
      refreshPrivately();
      download =
          apt("apt-get", "download", "-q", "-o", "Acquire::Retries=3", "-o", "APT::Sandbox::User=")
              .and(names.toArray(String[]::new))
              .in(downloads);
      result = download.run();
    }
    if (!result.succeeded()) {
      throw new IOException(download + ":\n" + result.output());
    }
    List<Path> packages = new ArrayList<>();
    try (Stream<Path> files = Files.list(downloads)) {
      files.filter(f -> f.toString().endsWith(".deb")).sorted().forEach(packages::add);
    }
    Files.createDirectories(root);
    for (Path file : packages) {
      Tool.of("dpkg-deb", "-x", file.toString(), root.toString()).output();
    }
  }

  private boolean hasCandidate(String name) throws IOException, InterruptedException {
    String policy = apt("apt-cache", "policy", name).output();
    return policy.contains("Candidate: ") && !policy.contains("Candidate: (none)");
  }

  private void refreshPrivately() throws IOException, InterruptedException {
    progress.accept("fetching package lists");
    Path apt = work.resolve("apt");
    Files.createDirectories(apt.resolve("state/lists/partial"));
    Files.createDirectories(apt.resolve("cache/archives/partial"));
    options =
        List.of(
            "-o", "Dir::State=" + apt.resolve("state"),
            "-o", "Dir::State::status=/var/lib/dpkg/status",
            "-o", "Dir::Cache=" + apt.resolve("cache"));
    apt("apt-get", "update", "-q", "-o", "APT::Sandbox::User=", "-o", "Acquire::Retries=3")
        .output();
  }

  private Tool apt(String program, String... arguments) {
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(options);
    command.addAll(List.of(arguments));
    return Tool.of(command);
  }
}
