package io.vmsnap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the build has taught Java is used by the processes that it was taught for. */
class TrainedCacheIT {
  private static final Path APPLICATION = Path.of(System.getProperty("vmsnap.home", ""));

  @TempDir Path directory;

  private String run(String options, String... command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder("src/main/image/bin/vmsnap");
    builder.command().addAll(List.of(command));
    builder.command().addAll(List.of("--directory", directory.toString()));
    builder.environment().put("VMSNAP_HOME", APPLICATION.getParent().toString());
    builder.environment().put("VMSNAP_JAVA_OPTS", options);
    builder.environment().keySet().removeAll(List.of("VMSNAP_VM", "VMSNAP_TASK", "VMSNAP_AOT"));
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  /** The class is one that only this command needs. */
  @ParameterizedTest
  @ValueSource(strings = {"job revert:SnapshotRevert", "runner:RunnerSettings"})
  void classesComeFromTheCache(String example) throws Exception {
    String[] parts = example.split(":");

    String output = run("-Xlog:class+load", parts[0].split(" "));

    assertThat(output.lines().filter(line -> line.contains("." + parts[1] + " ")))
        .isNotEmpty()
        .allSatisfy(line -> assertThat(line).endsWith("source: shared objects file"));
  }

  @Test
  void cacheThatDoesNotFitIsIgnoredWithoutAWord() throws Exception {
    assertThat(run("-XX:ObjectAlignmentInBytes=16", "job", "create"))
        .doesNotContain("[warning]", "AOT");
  }
}
