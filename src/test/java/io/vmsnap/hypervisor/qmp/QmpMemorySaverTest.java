package io.vmsnap.hypervisor.qmp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmsnap.hypervisor.MemoryMethod;
import io.vmsnap.hypervisor.MemorySave;
import io.vmsnap.hypervisor.SavedMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which way RAM is saved, and what QEMU is told for it; the QEMU is a script. */
@Timeout(60)
class QmpMemorySaverTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  /** Commands that change something, in the order in which they came. */
  private final List<String> commands = new CopyOnWriteArrayList<>();

  private boolean busy;
  private boolean backgroundPossible = true;
  private boolean background;
  private boolean multifd;
  private String phase = "none";

  @Test
  void preCopyServesACalmGuest() throws Exception {
    SavedMemory saved = save(null);

    assertThat(saved.method()).isEqualTo(MemoryMethod.PRE_COPY);
    assertThat(commands)
        .containsExactly("migrate", "stop", "transaction", "migrate-continue", "cont");
  }

  @Test
  void backgroundSnapshotTakesOverFromPreCopyThatDoesNotCatchUp() throws Exception {
    busy = true;

    SavedMemory saved = save(null);

    assertThat(saved.method()).isEqualTo(MemoryMethod.BACKGROUND_SNAPSHOT);
    assertThat(commands)
        .containsExactly(
            "migrate",
            "1 MiB/s",
            "flush",
            "unlimited",
            "migrate_cancel",
            "stop",
            "migrate",
            "transaction",
            "cont");
    // From the stop of the second attempt on.
    assertThat(saved.stun()).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void busyGuestIsStoppedWhereNothingElseIsPossible() throws Exception {
    busy = true;
    backgroundPossible = false;

    SavedMemory saved = save(null);

    assertThat(saved.method()).isEqualTo(MemoryMethod.PRE_COPY);
    assertThat(commands)
        .containsExactly(
            "migrate",
            "1 MiB/s",
            "flush",
            "unlimited",
            "stop",
            "transaction",
            "migrate-continue",
            "cont");
  }

  @Test
  void methodThatIsAskedForIsKept() throws Exception {
    busy = true;

    assertThat(save(MemoryMethod.PRE_COPY).method()).isEqualTo(MemoryMethod.PRE_COPY);
    assertThat(commands).doesNotContain("migrate_cancel");
  }

  private SavedMemory save(MemoryMethod method) throws Exception {
    try (FakeMonitor monitor = FakeMonitor.negotiated(this::play);
        QmpSession session = QmpSession.connect(monitor.socket(), LONG)) {
      return new QmpMemorySaver(session, (done, total, rate) -> {})
          .save(
              new MemorySave(
                  Path.of("/x.vmsn"), 65536, method, LONG, () -> commands.add("flush"), LONG),
              List.of());
    }
  }

  private void play(FakeMonitor monitor) throws IOException {
    while (true) {
      JsonNode request = monitor.receive();
      String command = request.get("execute").asText();
      String answer = "{}";
      switch (command) {
        case "query-status" -> answer = "{\"status\":\"running\"}";
        case "query-migrate" -> answer = status();
        case "x-debug-query-block-graph" -> {}
        case "migrate-set-parameters" -> setRate(request.at("/arguments/max-bandwidth").asLong());
        case "migrate-set-capabilities" -> {
          if (!setCapabilities(request)) {
            monitor.send(
                "{\"error\":{\"class\":\"GenericError\",\"desc\":\"no\"},\"id\":"
                    + request.get("id")
                    + "}\n");
            continue;
          }
        }
        default -> change(monitor, command);
      }
      monitor.answer(request, answer);
    }
  }

  private void setRate(long bytesPerSecond) {
    if (phase.equals("active")) {
      commands.add(bytesPerSecond == 1 << 20 ? "1 MiB/s" : "unlimited");
    }
  }

  private boolean setCapabilities(JsonNode request) {
    for (JsonNode one : request.at("/arguments/capabilities")) {
      boolean state = one.get("state").asBoolean();
      switch (one.get("capability").asText()) {
        case MigrationCommand.BACKGROUND_SNAPSHOT -> {
          if (state && !backgroundPossible) {
            return false;
          }
          background = state;
        }
        case MigrationCommand.MULTIFD -> multifd = state;
        default -> {}
      }
    }
    assertThat(multifd).as("QEMU may die of it when it is cancelled").isFalse();
    return true;
  }

  private void change(FakeMonitor monitor, String command) throws IOException {
    commands.add(command);
    switch (command) {
      case "migrate" -> phase = "active";
      case "migrate_cancel" -> phase = "cancelled";
      case "migrate-continue" -> phase = "completed";
      case "stop" -> {
        phase = background ? phase : "pre-switchover";
        monitor.send(event("STOP", 5));
      }
      case "cont" -> {
        phase = "completed";
        monitor.send(event("RESUME", 7));
      }
      default -> {}
    }
  }

  private static String event(String name, int second) {
    return "{\"timestamp\":{\"seconds\":%d,\"microseconds\":0},\"event\":\"%s\"}\n"
        .formatted(second, name);
  }

  private String status() {
    int passes = 1;
    if (phase.equals("active") && !background) {
      if (busy) {
        passes = 100;
      } else {
        phase = "pre-switchover";
      }
    }
    return "{\"status\":\"%s\",\"ram\":{\"normal\":1,\"dirty-sync-count\":%d}}"
        .formatted(phase, passes);
  }
}
