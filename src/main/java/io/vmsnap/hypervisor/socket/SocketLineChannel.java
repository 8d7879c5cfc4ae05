package io.vmsnap.hypervisor.socket;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** Lines over a Unix domain socket. */
public final class SocketLineChannel implements LineChannel {
  private static final int BUFFER_BYTES = 16 << 10;

  private final SocketChannel channel;
  private final int maxLineBytes;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).flip();

  /**
   * @param maxLineBytes a longer line is refused before memory is spent on it
   */
  public SocketLineChannel(SocketChannel channel, int maxLineBytes) {
    this.channel = channel;
    this.maxLineBytes = maxLineBytes;
  }

  public static SocketLineChannel connect(Path socket, int maxLineBytes) throws IOException {
    return new SocketLineChannel(UnixSocket.connect(socket), maxLineBytes);
  }

  @Override
  public byte[] readLine() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      while (buffer.hasRemaining()) {
        byte next = buffer.get();
        if (next == '\n') {
          return line.toByteArray();
        }
        if (line.size() == maxLineBytes) {
          throw new IOException("line of more than " + maxLineBytes + " bytes");
        }
        line.write(next);
      }
      buffer.clear();
      int count;
      try {
        count = channel.read(buffer);
      } finally {
        buffer.flip();
      }
      if (count < 0) {
        // Half a line before the end was never finished by its sender: it means nothing.
        return null;
      }
    }
  }

  @Override
  public void write(byte[] bytes) throws IOException {
    ByteBuffer out = ByteBuffer.wrap(bytes);
    while (out.hasRemaining()) {
      channel.write(out);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
