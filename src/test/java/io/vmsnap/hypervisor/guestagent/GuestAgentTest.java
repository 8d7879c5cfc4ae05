package io.vmsnap.hypervisor.guestagent;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.socket.LineChannel;
import io.vmsnap.hypervisor.socket.SocketLineChannel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class GuestAgentTest {
  private static final Duration ENOUGH = Duration.ofSeconds(10);
  private static final Duration SHORT = Duration.ofMillis(200);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir Path folder;

  private interface Guest {
    void live(LineChannel port) throws IOException;
  }

  private Path port(Guest guest) throws IOException {
    Path socket = folder.resolve("qga.sock");
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Thread.ofVirtual()
        .start(
            () -> {
              try (server;
                  LineChannel port = new SocketLineChannel(server.accept(), 1 << 16)) {
                guest.live(port);
              } catch (IOException e) {
                // The client hung up.
              }
            });
    return socket;
  }

  private static JsonNode request(byte[] line) throws IOException {
    int start = line[0] == (byte) 0xff ? 1 : 0;
    return JSON.readTree(line, start, line.length - start);
  }

  private static void reply(LineChannel port, boolean delimited, String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    if (delimited) {
      bytes.write(0xff);
    }
    bytes.write((text + "\n").getBytes(StandardCharsets.UTF_8));
    port.write(bytes.toByteArray());
  }

  private static void sync(LineChannel port) throws IOException {
    long id = request(port.readLine()).at("/arguments/id").asLong();
    reply(port, true, "{\"return\": " + id + "}");
  }

  @Test
  void skipsAnswersToOthersUntilItsOwnComes() throws Exception {
    Path socket =
        port(
            guest -> {
              long id = request(guest.readLine()).at("/arguments/id").asLong();
              reply(guest, false, "{\"return\": {\"stale\": 1}}");
              reply(guest, false, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"0xff\"}}");
              reply(guest, true, "{\"return\": " + (id + 1) + "}");
              reply(guest, true, "{\"return\": " + id + "}");
              guest.readLine();
              reply(guest, false, "{\"return\": {}}");
              guest.readLine();
            });
    try (GuestAgent agent = GuestAgent.connect(socket, ENOUGH)) {
      agent.ping(ENOUGH);
    }
  }

  @Test
  void aGuestWithoutAgentIsGivenUpAtTheDeadline() throws Exception {
    Path socket =
        port(
            guest -> {
              guest.readLine();
              guest.readLine();
            });
    assertThatThrownBy(() -> GuestAgent.connect(socket, SHORT))
        .isInstanceOf(HypervisorException.class)
        .hasMessage("no guest agent answered guest-sync-delimited within 200 ms");
  }

  @Test
  void anAgentThatHangsIsGivenUpAtTheDeadline() throws Exception {
    Path socket =
        port(
            guest -> {
              sync(guest);
              guest.readLine();
              guest.readLine();
            });
    try (GuestAgent agent = GuestAgent.connect(socket, ENOUGH)) {
      assertThatThrownBy(() -> agent.ping(SHORT))
          .hasMessage("no guest agent answered guest-ping within 200 ms");
    }
  }

  @Test
  void aRefusalKeepsTheAgentsWords() throws Exception {
    Path socket =
        port(
            guest -> {
              sync(guest);
              guest.readLine();
              reply(
                  guest,
                  false,
                  "{\"error\": {\"class\": \"GenericError\", \"desc\": \"disabled\"}}");
              guest.readLine();
            });
    try (GuestAgent agent = GuestAgent.connect(socket, ENOUGH)) {
      assertThatThrownBy(() -> agent.ping(ENOUGH))
          .hasMessage("the guest agent refused guest-ping: disabled");
    }
  }

  @Test
  void aFloodingGuestIsCutOff() throws Exception {
    Path socket =
        port(
            guest -> {
              guest.readLine();
              byte[] flood = new byte[1 << 16];
              for (int i = 0; i < 32; i++) {
                guest.write(flood);
              }
              guest.readLine();
            });
    assertThatThrownBy(() -> GuestAgent.connect(socket, ENOUGH))
        .hasMessageContaining("line of more than 1048576 bytes");
  }
}
