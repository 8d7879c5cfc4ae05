package io.vmsnap.runner;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.vmsnap.hypervisor.socket.LineChannel;
import io.vmsnap.hypervisor.socket.SocketLineChannel;
import io.vmsnap.hypervisor.socket.UnixSocket;
import io.vmsnap.runner.control.ControlReply;
import io.vmsnap.runner.control.ControlRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The guard of a frozen guest; the guest is a script at the other end of the agent's channel. */
class FreezeDeskTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration ENOUGH = Duration.ofSeconds(20);
  private static final String JOB = "a job's connection";

  @TempDir Path folder;
  private ServerSocketChannel server;
  private AgentWatch agent;
  private final FreezeDesk desk = new FreezeDesk(true);
  private volatile boolean frozen;
  private volatile int freezes;
  private volatile boolean mute;
  private volatile boolean refusing;
  private volatile int fileSystems = 2;

  @BeforeEach
  void guest() throws IOException {
    Path socket = folder.resolve("qga.sock");
    server = UnixSocket.listen(socket);
    Thread.ofVirtual().start(this::live);
    agent = new AgentWatch(socket);
    desk.serve(agent);
  }

  @AfterEach
  void end() throws IOException {
    desk.close();
    agent.close();
    server.close();
  }

  @Test
  void guestIsFrozenUntilItsThaw() {
    ControlReply reply = freeze(ENOUGH);

    assertThat(reply.ok()).as(reply.message()).isTrue();
    assertThat(reply.fileSystems()).isEqualTo(2);
    assertThat(frozen).isTrue();
    assertThat(thaw().stillFrozen()).isTrue();
    assertThat(frozen).isFalse();
  }

  @Test
  void guestIsThawedWhenTheDeadlinePassesAndTheJobHearsOfIt() {
    freeze(Duration.ofMillis(300));

    Awaitility.await().atMost(ENOUGH).until(() -> !frozen);

    assertThat(thaw().stillFrozen()).isFalse();
  }

  @Test
  void guestIsThawedWhenItsJobIsGone() {
    freeze(ENOUGH);

    desk.disconnected(JOB);

    Awaitility.await().atMost(ENOUGH).until(() -> !frozen);
  }

  @Test
  void otherConnectionsCannotThawNorLeaveItFrozen() {
    freeze(ENOUGH);

    desk.disconnected("another");
    ControlReply reply = desk.handle(ControlRequest.of(ControlRequest.THAW), "another");

    assertThat(reply.stillFrozen()).isFalse();
    assertThat(frozen).isTrue();
  }

  @Test
  void guestThatThawsItselfIsNoticed() {
    freeze(ENOUGH);
    frozen = false; // as the VSS provider does after ten seconds

    assertThat(thaw().stillFrozen()).isFalse();
  }

  @Test
  void refusalKeepsTheAgentsWords() {
    refusing = true;

    ControlReply reply = freeze(ENOUGH);

    assertThat(reply.ok()).isFalse();
    assertThat(reply.reason()).isEqualTo("FreezeFailed");
    assertThat(reply.message()).contains("hook failed");
  }

  /** The freeze was sent; it may take place when nobody waits for it any more. */
  @Test
  void freezeThatHangsIsGivenUpAndUndone() {
    mute = true;

    ControlReply reply = freeze(Duration.ofMillis(700));

    assertThat(reply.reason()).isEqualTo("FreezeTimeout");
    assertThat(freezes).isEqualTo(1);
    mute = false;
    Awaitility.await().atMost(ENOUGH).until(() -> !frozen);
  }

  @Test
  void absentAgentIsNamedAsSuch() throws IOException {
    server.close();
    try (AgentWatch absent = new AgentWatch(folder.resolve("nobody.sock"))) {
      desk.serve(absent);

      assertThat(freeze(ENOUGH).reason()).isEqualTo("AgentNotConnected");
    }
    try (FreezeDesk without = new FreezeDesk(false)) {
      assertThat(without.handle(ControlRequest.of(ControlRequest.FREEZE), JOB).reason())
          .isEqualTo("AgentNotConnected");
    }
  }

  private ControlReply freeze(Duration deadline) {
    return desk.handle(new ControlRequest(ControlRequest.FREEZE, null, deadline.toMillis()), JOB);
  }

  private ControlReply thaw() {
    return desk.handle(ControlRequest.of(ControlRequest.THAW), JOB);
  }

  private void live() {
    while (server.isOpen()) {
      try (LineChannel port = new SocketLineChannel(server.accept(), 1 << 16)) {
        for (byte[] line = port.readLine(); line != null; line = port.readLine()) {
          serve(port, line);
        }
      } catch (IOException e) {
        // The runner hung up.
      }
    }
  }

  private void serve(LineChannel port, byte[] line) throws IOException {
    boolean delimited = line[0] == (byte) 0xff;
    int start = delimited ? 1 : 0;
    JsonNode request = JSON.readTree(line, start, line.length - start);
    switch (request.path("execute").asText()) {
      case "guest-sync-delimited" -> reply(port, true, request.at("/arguments/id").asText());
      case "guest-ping" -> reply(port, false, "{}");
      case "guest-fsfreeze-freeze" -> {
        if (refusing) {
          port.write("{\"error\": {\"desc\": \"hook failed\"}}\n".getBytes(StandardCharsets.UTF_8));
          return;
        }
        frozen = true;
        freezes++;
        if (!mute) {
          reply(port, false, Integer.toString(fileSystems));
        }
      }
      case "guest-fsfreeze-status" -> reply(port, false, frozen ? "\"frozen\"" : "\"thawed\"");
      case "guest-fsfreeze-thaw" -> {
        int thawed = frozen ? fileSystems : 0;
        frozen = false; // before the answer, after which the test looks
        reply(port, false, Integer.toString(thawed));
      }
      default -> throw new IllegalStateException(request.toString());
    }
  }

  private static void reply(LineChannel port, boolean delimited, String value) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    if (delimited) {
      bytes.write(0xff);
    }
    bytes.write(("{\"return\": " + value + "}\n").getBytes(StandardCharsets.UTF_8));
    port.write(bytes.toByteArray());
  }
}
