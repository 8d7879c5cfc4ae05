package io.vmsnap.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.harness.tool.Tool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Lets Jazzer, a fuzzer that watches which branches an input takes, look for files that break a
 * parser's promise. It runs in a process of its own, because it instruments what it runs, with a
 * small heap, so that memory that a file asks for is noticed. The build gives it a fixed number of
 * inputs and a fixed seed; {@code -Dvmsnap.fuzz.runs=N -Dvmsnap.seed=S} looks further.
 */
class FormatFuzzIT {
  private static final int RUNS = Integer.getInteger("vmsnap.fuzz.runs", 10_000);
  private static final long SEED = Long.getLong("vmsnap.seed", 1);

  /** A guard against a parser without end only; what it allows depends on no machine. */
  private static final Duration DEADLINE = Duration.ofMinutes(RUNS > 100_000 ? 600 : 20);

  @TempDir Path dir;

  @Test
  void noInputBreaksAParser() throws Exception {
    Path corpus = Files.createDirectories(dir.resolve("corpus"));
    seed(corpus);

    Tool.Result result = Tool.of(command(corpus)).in(dir).within(DEADLINE).run();

    assertThat(result.succeeded())
        .as(
            "%s%nthe file found, after its first byte, belongs into"
                + " src/test/resources/FormatMutationTest as FORMAT.name: %s",
            end(result.output()), found())
        .isTrue();
    assertThat(result.output()).as("it ran").contains("Done " + RUNS + " runs");
  }

  private static List<String> command(Path corpus) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx512m",
        "-XX:+UseSerialGC",
        "-XX:+EnableDynamicAgentLoading",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-cp",
        System.getProperty("java.class.path"),
        "com.code_intelligence.jazzer.Jazzer",
        "--target_class=" + FormatFuzzer.class.getName(),
        "--instrumentation_includes=io.vmsnap.**",
        "--custom_hook_includes=io.vmsnap.**",
        "-runs=" + RUNS,
        "-seed=" + SEED,
        "-max_len=16384",
        "-timeout=120",
        corpus.toString());
  }

  /** Valid files, and those that were found before. */
  private static void seed(Path corpus) throws Exception {
    for (Format format : Format.values()) {
      int number = 0;
      for (byte[] content : format.seeds()) {
        write(corpus, format, format + "-" + number++, content);
      }
    }
    Path found = Path.of(FormatFuzzIT.class.getResource("/FormatMutationTest").toURI());
    try (Stream<Path> files = Files.list(found)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        Format format = Format.valueOf(name.substring(0, name.indexOf('.')));
        write(corpus, format, name, Files.readAllBytes(file));
      }
    }
  }

  private static void write(Path corpus, Format format, String name, byte[] content)
      throws IOException {
    ByteArrayOutputStream input = new ByteArrayOutputStream();
    input.write(format.ordinal());
    input.write(content);
    Files.write(corpus.resolve(name), input.toByteArray());
  }

  private String found() throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      for (Path file : files.toList()) {
        if (file.getFileName().toString().startsWith("crash-")) {
          byte[] input = Files.readAllBytes(file);
          Format format = Format.values()[(input[0] & 0xff) % Format.values().length];
          return format + " " + HexFormat.of().formatHex(input);
        }
      }
    }
    return "none";
  }

  private static String end(String output) {
    return output.substring(Math.max(0, output.length() - 8_000));
  }
}
