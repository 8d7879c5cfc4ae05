package io.vmsnap.harness.bench;

import io.vmsnap.harness.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Parts of the image whose size can be told without a container engine. The image has Debian's base
 * and the libraries of QEMU besides, which only its build could tell.
 *
 * @param project with the {@code Dockerfile}, which says what goes into the image
 */
record ImageParts(Path project) {
  private static final Pattern PACKAGES =
      Pattern.compile("apt-get install --yes --no-install-recommends ([^&\\n]+)");
  private static final Pattern JLINK =
      Pattern.compile("RUN jlink --output \\S+ ((?:[^\\n]*\\\\\\n)*[^\\n]*)");
  private static final long KIB = 1 << 10;

  /** A name and what dpkg says that it takes, in bytes. */
  record Package(String name, long bytes) {}

  /** The packages that the image names and this machine has too, without what they depend on. */
  List<Package> packages() throws IOException, InterruptedException {
    List<String> command =
        Stream.of("dpkg-query", "--show", "--showformat=${Package} ${Status} ${Installed-Size}\\n")
            .toList();
    if (!Tool.isInstalled(command.getFirst())) {
      return List.of();
    }
    Tool query = Tool.of(command).and(found(PACKAGES).strip().split("\\s+"));
    return query
        .run()
        .output()
        .lines()
        .map(line -> line.split(" "))
        .filter(words -> words.length == 5 && words[3].equals("installed"))
        .map(words -> new Package(words[0], Long.parseLong(words[4]) * KIB))
        .toList();
  }

  /**
   * The Java that the image has, linked anew from the one that this runs on; empty if that cannot
   * be linked.
   *
   * @param folder where it may be left
   */
  OptionalLong java(Path folder) throws IOException, InterruptedException {
    Path jlink = Path.of(System.getProperty("java.home"), "bin/jlink");
    if (!Files.exists(jlink)) {
      return OptionalLong.empty();
    }
    Path linked = folder.resolve("java");
    Tool link =
        Tool.of(jlink.toString(), "--output", linked.toString())
            .and(found(JLINK).replace("\\\n", " ").strip().split("\\s+"));
    if (!link.run().succeeded()) {
      return OptionalLong.empty();
    }
    try (Stream<Path> files = Files.walk(linked)) {
      return OptionalLong.of(
          files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum());
    }
  }

  private String found(Pattern pattern) throws IOException {
    Path file = project.resolve("Dockerfile");
    Matcher matcher = pattern.matcher(Files.readString(file));
    if (!matcher.find()) {
      throw new IOException(file + " has nothing like " + pattern);
    }
    return matcher.group(1);
  }
}
