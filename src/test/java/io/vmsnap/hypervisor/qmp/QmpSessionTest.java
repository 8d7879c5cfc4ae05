package io.vmsnap.hypervisor.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmsnap.hypervisor.RunState;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class QmpSessionTest {
  private static final Duration ENOUGH = Duration.ofSeconds(10);
  private static final Duration SHORT = Duration.ofMillis(200);
  private static final MachineCommand.QueryStatus STATUS = new MachineCommand.QueryStatus();

  @Test
  void negotiatesAndReadsTheVersion() throws Exception {
    try (FakeMonitor monitor = FakeMonitor.negotiated(FakeMonitor::stayDumb);
        QmpSession session = QmpSession.connect(monitor.socket(), ENOUGH)) {
      assertThat(session.greeting()).isEqualTo(new QmpGreeting(10, 0, 2, "test"));
      assertThat(session.greeting().version()).isEqualTo("10.0.2");
    }
  }

  @Test
  void routesAnswersByIdNotByOrder() throws Exception {
    try (FakeMonitor monitor =
            FakeMonitor.negotiated(
                fake -> {
                  JsonNode first = fake.receive();
                  JsonNode second = fake.receive();
                  fake.answer(second, status(second, first));
                  fake.answer(first, status(first, second));
                  fake.stayDumb();
                });
        QmpSession session = QmpSession.connect(monitor.socket(), ENOUGH)) {
      CompletableFuture<RunState> other =
          CompletableFuture.supplyAsync(() -> uncheckedStatus(session));
      RunState mine = session.execute(STATUS, ENOUGH);
      assertThat(new RunState[] {mine, other.get(10, TimeUnit.SECONDS)})
          .containsExactlyInAnyOrder(RunState.RUNNING, RunState.PAUSED);
    }
  }

  private static String status(JsonNode one, JsonNode other) {
    boolean lower = one.get("id").asText().compareTo(other.get("id").asText()) < 0;
    return lower ? "{\"status\":\"running\"}" : "{\"status\":\"paused\"}";
  }

  private static RunState uncheckedStatus(QmpSession session) {
    try {
      return session.execute(STATUS, ENOUGH);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void deliversEventsThatComeBetweenCommandAndAnswer() throws Exception {
    try (FakeMonitor monitor =
            FakeMonitor.negotiated(
                fake -> {
                  JsonNode request = fake.receive();
                  fake.send(
                      "{\"timestamp\":{\"seconds\":7,\"microseconds\":5},\"event\":\"STOP\"}\n"
                          + "{\"timestamp\":{\"seconds\":8,\"microseconds\":0},"
                          + "\"event\":\"NOT_INVENTED_YET\",\"data\":{\"x\":1}}\n");
                  fake.answer(request, "{}");
                  fake.stayDumb();
                });
        QmpSession session = QmpSession.connect(monitor.socket(), ENOUGH);
        QmpSubscription<QmpEvent.Stop> stops = session.subscribe(QmpEvent.Stop.class);
        QmpSubscription<QmpEvent> all = session.subscribe(QmpEvent.class)) {
      session.execute(MachineCommand.STOP, ENOUGH);
      assertThat(stops.drain()).containsExactly(new QmpEvent.Stop(Instant.ofEpochSecond(7, 5000)));
      assertThat(all.drain())
          .extracting(QmpEvent::name)
          .containsExactly("STOP", "NOT_INVENTED_YET");
    }
  }

  @Test
  void joinsMessagesThatArriveInPieces() throws Exception {
    try (FakeMonitor monitor =
            FakeMonitor.negotiated(
                fake -> {
                  String answer =
                      "{\"return\":{\"status\":\"running\"},\"id\":"
                          + fake.receive().get("id")
                          + "}\n";
                  for (char c : answer.toCharArray()) {
                    fake.send(String.valueOf(c));
                  }
                  fake.stayDumb();
                });
        QmpSession session = QmpSession.connect(monitor.socket(), ENOUGH)) {
      assertThat(session.execute(STATUS, ENOUGH)).isEqualTo(RunState.RUNNING);
    }
  }

  @Test
  void aRefusalKeepsClassAndWordsAndTheSession() throws Exception {
    try (FakeMonitor monitor =
            FakeMonitor.negotiated(
                fake -> {
                  fake.send(
                      "{\"error\":{\"class\":\"CommandNotFound\",\"desc\":\"no such thing\"},"
                          + "\"id\":"
                          + fake.receive().get("id")
                          + "}\n");
                  fake.answer(fake.receive(), "{\"status\":\"running\"}");
                  fake.stayDumb();
                });
        QmpSession session = QmpSession.connect(monitor.socket(), ENOUGH)) {
      QmpCommandException refusal =
          catchThrowableOfType(
              QmpCommandException.class, () -> session.execute(MachineCommand.CONT, ENOUGH));
      assertThat(refusal.command()).isEqualTo("cont");
      assertThat(refusal.errorClass()).isEqualTo("CommandNotFound");
      assertThat(refusal).hasMessage("QEMU refused cont: no such thing");
      assertThat(refusal.isOutcomeUnknown()).isFalse();
      assertThat(session.execute(STATUS, ENOUGH)).isEqualTo(RunState.RUNNING);
    }
  }

  @Test
  void silenceEndsAtTheDeadlineAndALateAnswerHarmsNobody() throws Exception {
    try (FakeMonitor monitor =
            FakeMonitor.negotiated(
                fake -> {
                  JsonNode unanswered = fake.receive();
                  JsonNode next = fake.receive();
                  fake.answer(unanswered, "{}");
                  fake.answer(next, "{\"status\":\"paused\"}");
                  fake.stayDumb();
                });
        QmpSession session = QmpSession.connect(monitor.socket(), ENOUGH)) {
      QmpTimeoutException late =
          catchThrowableOfType(
              QmpTimeoutException.class, () -> session.execute(MachineCommand.CONT, SHORT));
      assertThat(late).hasMessage("QEMU did not answer cont within 200 ms");
      assertThat(late.isOutcomeUnknown()).isTrue();
      assertThat(session.execute(STATUS, ENOUGH)).isEqualTo(RunState.PAUSED);
    }
  }

  @Test
  void theOutcomeOfAQuestionIsNeverUnknown() throws Exception {
    try (FakeMonitor monitor = FakeMonitor.negotiated(FakeMonitor::stayDumb);
        QmpSession session = QmpSession.connect(monitor.socket(), ENOUGH)) {
      QmpTimeoutException late =
          catchThrowableOfType(QmpTimeoutException.class, () -> session.execute(STATUS, SHORT));
      assertThat(late.isOutcomeUnknown()).isFalse();
    }
  }

  @Test
  void aServerThatNeverReadsCannotBlockTheCaller() throws Exception {
    try (FakeMonitor monitor =
            FakeMonitor.negotiated(
                fake ->
                    new CompletableFuture<Void>()
                        .completeOnTimeout(null, 5, TimeUnit.SECONDS)
                        .join());
        QmpSession session = QmpSession.connect(monitor.socket(), ENOUGH)) {
      QmpCommand<Void> huge = new BlockCommand.BlockdevDel("x".repeat(4 << 20));
      assertThatThrownBy(() -> session.execute(huge, SHORT))
          .isInstanceOf(QmpTimeoutException.class);
    }
  }

  @Test
  void deathInTheMiddleOfAnAnswerLeavesTheOutcomeUnknown() throws Exception {
    try (FakeMonitor monitor =
            FakeMonitor.negotiated(
                fake -> {
                  fake.receive();
                  fake.send("{\"return\": {");
                });
        QmpSession session = QmpSession.connect(monitor.socket(), ENOUGH)) {
      QmpConnectionException lost =
          catchThrowableOfType(
              QmpConnectionException.class, () -> session.execute(MachineCommand.CONT, ENOUGH));
      assertThat(lost)
          .hasMessageContaining("cont got no answer: QEMU closed its monitor")
          .hasMessageContaining("qmp.sock");
      assertThat(lost.isOutcomeUnknown()).isTrue();
      assertThat(session.end()).succeedsWithin(ENOUGH);
      QmpConnectionException after =
          catchThrowableOfType(
              QmpConnectionException.class, () -> session.execute(MachineCommand.CONT, ENOUGH));
      assertThat(after.isOutcomeUnknown()).as("never sent").isFalse();
    }
  }

  @Test
  void garbageIsTheServersFaultAndEndsTheSession() throws Exception {
    try (FakeMonitor monitor =
            FakeMonitor.negotiated(
                fake -> {
                  fake.receive();
                  fake.send("SSH-2.0-OpenSSH_9.2p1\n");
                  fake.stayDumb();
                });
        QmpSession session = QmpSession.connect(monitor.socket(), ENOUGH)) {
      assertThatThrownBy(() -> session.execute(MachineCommand.CONT, ENOUGH))
          .isInstanceOf(QmpProtocolException.class)
          .hasMessageContaining("not a QMP message: \"SSH-2.0-OpenSSH_9.2p1\"");
    }
  }

  @Test
  void anOversizedMessageIsRefusedBeforeItIsStored() throws Exception {
    try (FakeMonitor monitor =
            FakeMonitor.negotiated(
                fake -> {
                  fake.receive();
                  String block = " ".repeat(1 << 20);
                  for (int i = 0; i <= QmpSession.MAX_MESSAGE_BYTES >> 20; i++) {
                    fake.send(block);
                  }
                  fake.stayDumb();
                });
        QmpSession session = QmpSession.connect(monitor.socket(), ENOUGH)) {
      assertThatThrownBy(() -> session.execute(STATUS, ENOUGH))
          .isInstanceOf(QmpConnectionException.class)
          .hasMessageContaining("line of more than 16777216 bytes");
    }
  }

  @Test
  void anAnswerWithoutItsPromisedContentIsAProtocolError() throws Exception {
    try (FakeMonitor monitor =
            FakeMonitor.negotiated(
                fake -> {
                  fake.answer(fake.receive(), "{\"running\":true}");
                  fake.stayDumb();
                });
        QmpSession session = QmpSession.connect(monitor.socket(), ENOUGH)) {
      assertThatThrownBy(() -> session.execute(STATUS, ENOUGH))
          .isInstanceOf(QmpProtocolException.class)
          .hasMessageContaining("query-status: no status");
    }
  }

  @Test
  void aServerWithoutGreetingIsGivenUp() throws Exception {
    try (FakeMonitor monitor = new FakeMonitor(FakeMonitor::stayDumb)) {
      assertThatThrownBy(() -> QmpSession.connect(monitor.socket(), SHORT))
          .isInstanceOf(QmpTimeoutException.class)
          .hasMessageContaining("the greeting");
    }
  }

  @Test
  void aSecondGreetingEndsTheSession() throws Exception {
    try (FakeMonitor monitor =
            FakeMonitor.negotiated(
                fake -> {
                  fake.receive();
                  fake.send(FakeMonitor.GREETING);
                  fake.stayDumb();
                });
        QmpSession session = QmpSession.connect(monitor.socket(), ENOUGH)) {
      assertThatThrownBy(() -> session.execute(STATUS, ENOUGH))
          .isInstanceOf(QmpProtocolException.class)
          .hasMessageContaining("greeted twice");
    }
  }

  @Test
  void aMissingSocketNamesItsPath(@TempDir Path folder) {
    Path socket = folder.resolve("qmp.sock");
    assertThatThrownBy(() -> QmpSession.connect(socket, ENOUGH))
        .isInstanceOf(QmpConnectionException.class)
        .hasMessageContaining("no QEMU monitor answers at " + socket);
  }
}
