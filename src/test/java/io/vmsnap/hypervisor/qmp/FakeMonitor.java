package io.vmsnap.hypervisor.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A QMP server that follows a script instead of the specification. */
final class FakeMonitor implements AutoCloseable {
  static final String GREETING =
      """
      {"QMP":{"version":{"qemu":{"micro":2,"minor":0,"major":10},"package":"test"},\
      "capabilities":["oob"]}}
      """;

  interface Script {
    void play(FakeMonitor monitor) throws IOException;
  }

  private final Path folder;
  private final ServerSocketChannel server;
  private final Thread thread;
  private SocketChannel connection;
  private BufferedReader in;

  FakeMonitor(Script script) throws IOException {
    folder = Files.createTempDirectory("fake-monitor");
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket()));
    thread =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (SocketChannel accepted = server.accept()) {
                    connection = accepted;
                    in = new BufferedReader(Channels.newReader(accepted, StandardCharsets.UTF_8));
                    script.play(this);
                  } catch (IOException e) {
                    // The client hung up, which many scripts provoke.
                  }
                });
  }

  /** Greets, grants the capabilities, then plays the script. */
  static FakeMonitor negotiated(Script script) throws IOException {
    return new FakeMonitor(
        monitor -> {
          monitor.send(GREETING);
          monitor.answer(monitor.receive(), "{}");
          script.play(monitor);
        });
  }

  Path socket() {
    return folder.resolve("qmp.sock");
  }

  void send(String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      connection.write(bytes);
    }
  }

  JsonNode receive() throws IOException {
    String line = in.readLine();
    if (line == null) {
      throw new IOException("client hung up");
    }
    return QmpMessage.JSON.readTree(line);
  }

  void answer(JsonNode request, String value) throws IOException {
    send("{\"return\":" + value + ",\"id\":" + request.get("id") + "}\r\n");
  }

  /** Blocks until the client hangs up. */
  void stayDumb() throws IOException {
    while (in.read() >= 0) {
      // read and forget
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    if (connection != null) {
      connection.close();
    }
    thread.interrupt();
    Files.deleteIfExists(socket());
    Files.deleteIfExists(folder);
  }
}
