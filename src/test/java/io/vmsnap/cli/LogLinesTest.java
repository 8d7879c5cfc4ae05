package io.vmsnap.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vmsnap.job.ProductProcess;
import io.vmsnap.task.ExitCode;
import io.vmsnap.task.TaskJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a pod's processes log, by the two variables that the operator gives them. */
class LogLinesTest {
  private static final String FIELDS = "namespace=demo,vm=web,snapshot=before,operation=Create";

  @TempDir Path folder;

  @Test
  void jobThatFailsSaysSoInJson() throws Exception {
    Process job = start(Map.of("VMSNAP_LOG_JSON", "true"), "job", "create");

    assertThat(job.waitFor()).isEqualTo(ExitCode.FAILED);
    assertThat(Files.readString(folder.resolve("out"))).isEmpty();
    List<String> lines = Files.readAllLines(folder.resolve("err"));
    assertThat(lines).hasSize(1);
    JsonNode line = new ObjectMapper().readTree(lines.getFirst());
    assertThat(line.get("level").asText()).isEqualTo("ERROR");
    assertThat(line.get("message").asText()).contains("InvalidRequest", "VMSNAP_TASK");
    assertThat(line.get("namespace").asText()).isEqualTo("demo");
    assertThat(line.get("vm").asText()).isEqualTo("web");
    assertThat(line.get("snapshot").asText()).isEqualTo("before");
    assertThat(line.get("operation").asText()).isEqualTo("Create");
  }

  @Test
  void textOfARunnerEndsWithWhatItIsAbout() throws Exception {
    Process runner = start(Map.of(), "runner");

    assertThat(runner.waitFor()).isEqualTo(ExitCode.FAILED);
    assertThat(Files.readString(folder.resolve("err")).lines())
        .isNotEmpty()
        .allSatisfy(line -> assertThat(line).endsWith(FIELDS.replace(',', ' ')));
  }

  @Test
  void linesOfAJobBecomeLogLines() throws Exception {
    Process job =
        start(
            Map.of("VMSNAP_LOG_JSON", "true", "VMSNAP_TASK", TaskJson.write(Map.of())),
            "job",
            "consolidate");

    job.waitFor();
    assertThat(Files.readString(folder.resolve("out"))).isEmpty();
    assertThat(Files.readAllLines(folder.resolve("err")))
        .isNotEmpty()
        .allSatisfy(
            line ->
                assertThat(new ObjectMapper().readTree(line).get("vm").asText()).isEqualTo("web"));
  }

  private Process start(Map<String, String> environment, String... words) throws IOException {
    List<String> command = new ArrayList<>(List.of(words));
    command.addAll(List.of("--directory", Files.createDirectory(folder.resolve("vm")).toString()));
    ProcessBuilder builder = ProductProcess.of(command.toArray(String[]::new));
    builder.environment().put("VMSNAP_LOG_FIELDS", FIELDS);
    builder.environment().putAll(environment);
    return builder
        .redirectOutput(folder.resolve("out").toFile())
        .redirectError(folder.resolve("err").toFile())
        .start();
  }
}
