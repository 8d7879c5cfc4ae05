package io.vmsnap.hypervisor.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnixSocketTest {
  @TempDir Path folder;

  /** 105 to 109 bytes surround the limits of Java and of the kernel. */
  @ParameterizedTest
  @ValueSource(ints = {60, 105, 106, 107, 108, 109, 250})
  void connectsHoweverLongThePathOfTheSocketIs(int length) throws Exception {
    Path deep = folderForSocketOf(length);
    Path link = Files.createSymbolicLink(folder.resolve("short"), deep);
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(link.resolve("qmp.sock")));
      Path socket = deep.resolve("qmp.sock");
      assertThat(socket.toString()).hasSize(length);
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

  private Path folderForSocketOf(int length) throws Exception {
    int missing = length - folder.resolve("x").resolve("qmp.sock").toString().length() + 1;
    return Files.createDirectories(folder.resolve("v".repeat(missing)));
  }
}
