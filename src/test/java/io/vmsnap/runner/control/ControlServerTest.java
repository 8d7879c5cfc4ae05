package io.vmsnap.runner.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.socket.SocketLineChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ControlServerTest {
  private static final Duration SHORT = Duration.ofSeconds(5);

  @TempDir Path folder;
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private final CountDownLatch blocked = new CountDownLatch(1);
  private volatile ControlReply next = ControlReply.done();
  private ControlServer server;

  private final class Recorder implements ControlHandler {
    private Object first;

    @Override
    public ControlReply handle(ControlRequest request, Object connection) {
      first = first == null ? connection : first;
      seen.add(request.command() + " " + request.configuration() + (first == connection));
      if (request.command().equals("block")) {
        try {
          blocked.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      return next;
    }

    @Override
    public void disconnected(Object connection) {
      seen.add("gone " + (first == connection));
    }
  }

  @BeforeEach
  void start() throws Exception {
    server = ControlServer.start(socket(), new Recorder());
  }

  @AfterEach
  void stop() {
    blocked.countDown();
    server.close();
  }

  /** Longer than a socket's path may be. */
  private Path socket() throws Exception {
    Path deep = folder.resolve("d".repeat(100));
    Files.createDirectories(deep);
    return deep.resolve("runner.sock");
  }

  @Test
  void requestsReachTheHandlerAndSoDoesTheEndOfAConnection() throws Exception {
    try (ControlClient client = ControlClient.connect(socket());
        ControlClient other = ControlClient.connect(socket())) {
      client.prepare(".vmsnap/revert.vmx", SHORT);
      other.discard();
      client.promote(SHORT);
    }

    Awaitility.await().until(() -> seen.contains("gone true"));
    assertThat(seen)
        .startsWith("prepare .vmsnap/revert.vmxtrue", "discard nullfalse", "promote nulltrue")
        .contains("gone false");
  }

  @Test
  void failuresSayWhetherTheOutcomeIsKnown() throws Exception {
    try (ControlClient client = ControlClient.connect(socket())) {
      next = ControlReply.failed("HypervisorFailed", "no room");
      HypervisorException known =
          catchThrowableOfType(HypervisorException.class, () -> client.promote(SHORT));
      next = ControlReply.unknown("HypervisorFailed", "perhaps");
      HypervisorException unknown =
          catchThrowableOfType(HypervisorException.class, () -> client.promote(SHORT));

      assertThat(known).hasMessage("no room");
      assertThat(known.isOutcomeUnknown()).isFalse();
      assertThat(unknown.isOutcomeUnknown()).isTrue();
    }
  }

  /** What is asked later is answered after what was asked before: discard is a barrier. */
  @Test
  void requestsAreServedOneAtATime() throws Exception {
    try (SocketLineChannel slow = SocketLineChannel.connect(socket(), 1000);
        ControlClient client = ControlClient.connect(socket())) {
      slow.write("{\"command\":\"block\"}\n".getBytes(StandardCharsets.UTF_8));
      Awaitility.await().until(() -> !seen.isEmpty());
      Thread waiting =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      client.discard();
                    } catch (HypervisorException e) {
                      seen.add(e.toString());
                    }
                  });
      assertThat(waiting.join(Duration.ofMillis(200))).isFalse();
      assertThat(seen).hasSize(1);
      blocked.countDown();

      assertThat(waiting.join(SHORT)).isTrue();
      assertThat(seen).hasSize(2).last().asString().startsWith("discard");
    }
  }

  @Test
  void linesThatAreNoRequestsAreRefusedAndTheConnectionLives() throws Exception {
    try (SocketLineChannel channel = SocketLineChannel.connect(socket(), 1000)) {
      for (String line : List.of("nonsense", "[1]", "{\"command\":{}}")) {
        channel.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        assertThat(new String(channel.readLine(), StandardCharsets.UTF_8))
            .contains("\"ok\":false")
            .contains("InvalidRequest");
      }
      channel.write("{\"command\":\"x\",\"more\":1}\n".getBytes(StandardCharsets.UTF_8));
      assertThat(new String(channel.readLine(), StandardCharsets.UTF_8)).contains("\"ok\":true");
    }
    assertThat(seen).startsWith("x nulltrue");
  }

  @Test
  void runnerThatIsGoneLeavesTheOutcomeUnknown() throws Exception {
    server.close();

    assertThatThrownBy(() -> ControlClient.connect(socket()))
        .isInstanceOf(HypervisorException.class)
        .hasMessageContaining("no runner answers");
  }
}
