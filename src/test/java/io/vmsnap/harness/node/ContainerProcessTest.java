package io.vmsnap.harness.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerProcessTest {
  private final String nodeId = UUID.randomUUID().toString();
  private final String containerId = UUID.randomUUID() + "/c/0";
  @TempDir Path directory;

  @AfterEach
  void killLeftOvers() {
    ProcessMark.ofNode(nodeId).killAll();
  }

  @Test
  void outputGoesToTheLogAndTheStatusIsTheExitCode() throws Exception {
    var process = start("echo out; echo err >&2; exit 7");
    assertThat(process.exit().get(10, TimeUnit.SECONDS).code()).isEqualTo(7);
    assertThat(process.log()).hasContent("out\nerr");
  }

  @Test
  void seesOnlyItsOwnEnvironment() throws Exception {
    var process = start("env | cut -d= -f1 | sort");
    process.exit().get(10, TimeUnit.SECONDS);
    assertThat(Files.readAllLines(process.log())).contains("PATH").doesNotContain("JAVA_HOME");
  }

  @Test
  void aSignalIs128PlusItsNumber() throws Exception {
    var process = start("echo up; exec sleep 600");
    await().until(() -> Files.size(process.log()) > 0);
    process.kill();
    assertThat(process.exit().get(10, TimeUnit.SECONDS).code()).isEqualTo(137);
  }

  @Test
  void descendantsDoNotOutliveTheMainProcess() throws Exception {
    // In a session of its own and orphaned: neither group nor parent leads to it.
    var process = start("setsid sh -c 'sleep 600 & sleep 601' & echo $!; sleep 0.3");
    process.exit().get(10, TimeUnit.SECONDS);
    assertThat(ProcessMark.ofContainer(containerId).find()).isEmpty();
  }

  @Test
  void theGuardianKillsAllWhenItsNodeDies() throws Exception {
    var process = start("sleep 600 & exec sleep 601");
    await().until(() -> ProcessMark.ofNode(nodeId).find().size() == 2);
    // The pipe to the guardian closes: just what happens when this JVM is killed.
    NodeGuardian.over(ProcessMark.ofNode(nodeId)).close();
    assertThat(process.exit().get(10, TimeUnit.SECONDS).code()).isEqualTo(137);
    assertThat(ProcessMark.ofNode(nodeId).find()).isEmpty();
  }

  @Test
  void aMissingProgramIsNamed() {
    ContainerPlan plan = plan(List.of("no-such-program"));
    assertThatThrownBy(
            () -> ContainerProcess.start(containerId, nodeId, plan, directory.resolve("log")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("\"no-such-program\": executable file not found in PATH");
  }

  private ContainerProcess start(String script) throws IOException {
    return ContainerProcess.start(
        containerId, nodeId, plan(List.of("sh", "-c", script)), directory.resolve("log"));
  }

  private ContainerPlan plan(List<String> command) {
    return new ContainerPlan(
        command,
        Map.of("PATH", "/usr/bin:/bin"),
        directory,
        new MountMap(List.of()),
        directory.resolve("termination-message"));
  }
}
