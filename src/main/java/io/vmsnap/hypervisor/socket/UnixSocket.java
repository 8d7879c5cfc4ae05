package io.vmsnap.hypervisor.socket;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Unix domain sockets, however long their path is. */
public final class UnixSocket {
  /**
   * What Java takes: {@code sun_path} in {@code struct sockaddr_un} of Linux has 108 bytes, and
   * Java keeps two of them free.
   */
  static final int MAX_PATH_BYTES = 106;

  private UnixSocket() {}

  /** Connects and blocks; the kernel answers at once if nobody listens. */
  public static SocketChannel connect(Path socket) throws IOException {
    if (byteLength(socket) <= MAX_PATH_BYTES) {
      return open(socket);
    }
    // A VM directory deep in a volume exceeds the limit: go through a short link to its folder.
    Path folder = Files.createTempDirectory("vmsnap");
    Path link = folder.resolve("d");
    try {
      Files.createSymbolicLink(link, socket.toAbsolutePath().getParent());
      return open(link.resolve(socket.getFileName().toString()));
    } finally {
      Files.deleteIfExists(link);
      Files.deleteIfExists(folder);
    }
  }

  /** Listens; a socket that a dead process left there is replaced. */
  public static ServerSocketChannel listen(Path socket) throws IOException {
    Files.deleteIfExists(socket);
    if (byteLength(socket) <= MAX_PATH_BYTES) {
      return bind(socket);
    }
    Path folder = Files.createTempDirectory("vmsnap");
    Path link = folder.resolve("d");
    try {
      Files.createSymbolicLink(link, socket.toAbsolutePath().getParent());
      return bind(link.resolve(socket.getFileName().toString()));
    } finally {
      Files.deleteIfExists(link);
      Files.deleteIfExists(folder);
    }
  }

  private static ServerSocketChannel bind(Path socket) throws IOException {
    ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      listener.bind(UnixDomainSocketAddress.of(socket));
      return listener;
    } catch (IOException | RuntimeException e) {
      listener.close();
      throw e;
    }
  }

  private static SocketChannel open(Path socket) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static int byteLength(Path path) {
    return path.toString().getBytes(StandardCharsets.UTF_8).length;
  }
}
