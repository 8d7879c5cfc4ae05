package io.vmsnap.runner.control;

import io.vmsnap.hypervisor.socket.LineChannel;
import io.vmsnap.hypervisor.socket.SocketLineChannel;
import io.vmsnap.hypervisor.socket.UnixSocket;
import io.vmsnap.task.TaskJson;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The runner's side of its control socket, {@value #SOCKET}: JSON lines, one reply to each request.
 * Requests are served one at a time, whatever connection they come from, so that an answer to one
 * says what all before it have come to.
 */
public final class ControlServer implements AutoCloseable {
  public static final String SOCKET = ".vmsnap/run/runner.sock";

  static final int MAX_LINE_BYTES = 64 << 10;

  private static final System.Logger LOG = System.getLogger(ControlServer.class.getName());

  private final Path socket;
  private final ServerSocketChannel listener;
  private final ControlHandler handler;
  private final Thread acceptor = Thread.ofVirtual().name("control").unstarted(this::accept);

  private ControlServer(Path socket, ServerSocketChannel listener, ControlHandler handler) {
    this.socket = socket;
    this.listener = listener;
    this.handler = handler;
  }

  /**
   * @param socket replaced if a dead runner left it
   */
  public static ControlServer start(Path socket, ControlHandler handler) throws IOException {
    ControlServer server = new ControlServer(socket, UnixSocket.listen(socket), handler);
    server.acceptor.start();
    return server;
  }

  private void accept() {
    while (listener.isOpen()) {
      try {
        SocketChannel channel = listener.accept();
        Thread.ofVirtual().name("control-client").start(() -> serve(channel));
      } catch (IOException e) {
        if (listener.isOpen()) {
          LOG.log(System.Logger.Level.WARNING, "control socket: " + e.getMessage());
        }
      }
    }
  }

  private void serve(SocketChannel channel) {
    Object connection = new Object();
    try (LineChannel lines = new SocketLineChannel(channel, MAX_LINE_BYTES)) {
      for (byte[] line = lines.readLine(); line != null; line = lines.readLine()) {
        ControlReply reply = reply(new String(line, StandardCharsets.UTF_8), connection);
        lines.write((TaskJson.write(reply) + "\n").getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "a client of the control socket is gone", e);
    } finally {
      synchronized (handler) {
        handler.disconnected(connection);
      }
    }
  }

  private ControlReply reply(String line, Object connection) {
    ControlRequest request;
    try {
      request = TaskJson.read(line, ControlRequest.class);
    } catch (IOException e) {
      return ControlReply.failed("InvalidRequest", "not a request: " + e.getMessage());
    }
    synchronized (handler) {
      return handler.handle(request, connection);
    }
  }

  /** Takes the socket away; when this returns, nobody connects to it any more. */
  @Override
  public void close() {
    try {
      Files.deleteIfExists(socket);
      listener.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "closing the control socket", e);
    }
    // A blocked accept keeps the socket listening until it has noticed.
    try {
      acceptor.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
