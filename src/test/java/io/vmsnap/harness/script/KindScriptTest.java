package io.vmsnap.harness.script;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./vmsnap e2e --cluster kind} with an engine and a kind that note what they are told. */
class KindScriptTest {
  private static final String NOTES =
      """
      #!/bin/sh
      echo "$(basename "$0") $*" >>"$HOME/calls"
      [ "$*" != "info" ] || exit %s
      """;

  @TempDir Path home;

  @BeforeEach
  void programs() throws IOException {
    program("docker", NOTES.formatted("1"));
    program("podman", NOTES.formatted("0"));
    program("kind", NOTES.formatted("0"));
  }

  @Test
  void clusterImageAndChartComeInThisOrder() throws Exception {
    String output = script("run_scenarios --cluster kind -Dit.test=FooIT");

    assertThat(calls())
        .as("%s", output)
        .containsSubsequence(
            "docker info",
            "podman info",
            "podman build --tag localhost/vmsnap:e2e " + Path.of("").toAbsolutePath(),
            "kind get clusters");
    assertThat(calls().get(4)).startsWith("kind create cluster --name vmsnap --kubeconfig");
    assertThat(calls().get(5)).matches("podman save --output \\S+ localhost/vmsnap:e2e");
    assertThat(calls().get(6)).matches("kind load image-archive \\S+ --name vmsnap");
    assertThat(output)
        .containsSubsequence(
            "io.vmsnap.harness.cluster.ChartInstall",
            "localhost/vmsnap:e2e",
            "tests current installed localhost/vmsnap:e2e podman",
            "-Dit.test=FooIT");
  }

  @Test
  void clusterThatIsThereIsTakenAgain() throws Exception {
    program("kind", NOTES.formatted("0") + "[ \"$1\" != get ] || echo vmsnap\n");

    script("run_scenarios --cluster kind --image example/vmsnap:1");

    assertThat(calls())
        .noneMatch(call -> call.contains("create cluster") || call.contains("build"))
        .anyMatch(call -> call.startsWith("kind export kubeconfig --name vmsnap"));
  }

  @Test
  void machineWithoutAnEngineIsToldSo() throws Exception {
    program("podman", NOTES.formatted("1"));

    assertThat(script("run_scenarios --cluster kind")).contains("kind needs docker or podman");
    assertThat(calls()).noneMatch(call -> call.startsWith("kind"));
  }

  @Test
  void realClusterNeedsAnImage() throws Exception {
    assertThat(script("run_scenarios --cluster current")).contains("give --image");
    assertThat(script("run_scenarios --cluster current --image a/b:c"))
        .contains("ChartInstall", "a/b:c", "tests current installed a/b:c");
    assertThat(script("run_scenarios --cluster other")).contains("expected embedded, kind or");
  }

  private List<String> calls() throws IOException {
    Path calls = home.resolve("calls");
    return Files.exists(calls) ? Files.readAllLines(calls) : List.of();
  }

  private void program(String name, String text) throws IOException {
    Path file = home.resolve("bin").resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  /** Functions of the script, those that build and test replaced. */
  private String script(String command) throws Exception {
    String text =
        """
        set -euo pipefail
        PROJECT=$PWD CACHE=$HOME/cache
        . src/harness/sh/output.sh
        . src/harness/sh/packages.sh
        . src/harness/sh/tools.sh
        . src/harness/sh/kind.sh
        setup() { :; }
        finish_kubernetes() { :; }
        build_app() { :; }
        harness() { echo "harness $*"; }
        run_tests() {
          echo "tests $VMSNAP_CLUSTER $VMSNAP_OPERATOR $VMSNAP_IMAGE ${KIND_EXPERIMENTAL_PROVIDER:-} $*"
        }
        """
            + command;
    ProcessBuilder builder = new ProcessBuilder("bash", "-c", text).redirectErrorStream(true);
    builder.environment().put("HOME", home.toString());
    builder.environment().put("PATH", home.resolve("bin") + ":" + System.getenv("PATH"));
    builder.environment().keySet().removeIf(name -> name.startsWith("VMSNAP_"));
    builder.environment().remove("KUBECONFIG");
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    process.waitFor();
    return output;
  }
}
