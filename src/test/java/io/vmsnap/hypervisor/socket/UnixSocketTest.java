package io.vmsnap.hypervisor.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixSocketTest {
  @TempDir Path folder;

  @Test
  void connectsToASocketWhosePathExceedsTheKernelsLimit() throws Exception {
    Path deep = Files.createDirectories(folder.resolve("v".repeat(90)).resolve("w".repeat(90)));
    Path link = Files.createSymbolicLink(folder.resolve("short"), deep);
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(link.resolve("qmp.sock")));
      Path socket = deep.resolve("qmp.sock");
      assertThat(socket.toString().length()).isGreaterThan(UnixSocket.MAX_PATH_BYTES);
      try (SocketChannel client = UnixSocket.connect(socket);
          SocketChannel accepted = server.accept();
          LineChannel writer = new SocketLineChannel(client, 10);
          LineChannel reader = new SocketLineChannel(accepted, 10)) {
        writer.write("hello\nhalf".getBytes(StandardCharsets.US_ASCII));
        writer.close();
        assertThat(reader.readLine()).asString().isEqualTo("hello");
        assertThat(reader.readLine()).as("an unfinished line means nothing").isNull();
      }
    }
  }
}
