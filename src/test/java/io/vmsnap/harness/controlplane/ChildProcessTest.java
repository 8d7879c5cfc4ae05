package io.vmsnap.harness.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildProcessTest {
  private static final Path SHELL = Path.of("/bin/sh");

  @TempDir Path directory;

  @Test
  void deathIsReportedWithStatusAndTheEndOfTheLog() {
    try (ChildProcess child = start("seq 1 5000; echo last words >&2; exit 7")) {
      await().atMost(Duration.ofSeconds(10)).until(() -> !child.isAlive());

      assertThatThrownBy(child::requireAlive)
          .isInstanceOf(ControlPlaneException.class)
          .hasMessageContaining("server ended with status 7")
          .hasMessageContaining("server.log")
          .hasMessageEndingWith("5000\nlast words");
    }
  }

  @Test
  void oneThatIgnoresTheRequestIsKilled() {
    ChildProcess child = start("trap '' TERM; echo up; while :; do sleep 1; done");
    await().atMost(Duration.ofSeconds(10)).until(() -> child.logTail().contains("up"));

    child.stop(Duration.ofMillis(200));

    assertThat(child.isAlive()).isFalse();
  }

  @Test
  void absentProgramIsNamed() {
    try (ChildProcess child =
        ChildProcess.start(
            "server", Path.of("/nonexistent/etcd"), List.of(), directory.resolve("server.log"))) {
      await().atMost(Duration.ofSeconds(10)).until(() -> !child.isAlive());

      assertThatThrownBy(child::requireAlive).hasMessageContaining("/nonexistent/etcd");
    }
  }

  @Test
  void outlivesTheThreadThatStartedIt() throws InterruptedException {
    ChildProcess[] started = new ChildProcess[1];
    Thread starter = Thread.ofPlatform().start(() -> started[0] = start("sleep 60"));
    starter.join();

    try (ChildProcess child = started[0]) {
      await().during(Duration.ofMillis(500)).atMost(Duration.ofSeconds(5)).until(child::isAlive);
    }
  }

  private ChildProcess start(String script) {
    return ChildProcess.start(
        "server", SHELL, List.of("-c", script), directory.resolve("server.log"));
  }
}
