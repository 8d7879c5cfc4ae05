package io.vmsnap.harness.controlplane;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A server as its clients see it while it is away: an address of this host that leads to the server
 * while the gate is open. While it is shut every connection ends at once; its port stays ours, so
 * that nobody else takes it meanwhile.
 */
public final class TcpGate implements AutoCloseable {
  private final ServerSocket listener;
  private final InetSocketAddress server;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile boolean open;

  /** Shut at first. */
  public TcpGate(InetSocketAddress server) throws IOException {
    this.server = server;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("gate").start(this::accept);
  }

  public int port() {
    return listener.getLocalPort();
  }

  public void open() {
    open = true;
  }

  /** Ends all connections, and admits no more. */
  public void shut() {
    open = false;
    sockets.forEach(TcpGate::end);
  }

  @Override
  public void close() {
    shut();
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        Thread.ofVirtual().start(() -> connect(client));
      } catch (IOException e) {
        // closed: the loop ends
        continue;
      }
    }
  }

  private void connect(Socket client) {
    try (client;
        Socket there = new Socket()) {
      sockets.add(client);
      sockets.add(there);
      // after the socket is known to shut(), so that none slips through
      if (!open) {
        return;
      }
      there.connect(server);
      Thread back = Thread.ofVirtual().start(() -> copy(there, client));
      copy(client, there);
      back.join();
    } catch (IOException e) {
      // the client sees the end of its connection
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      sockets.remove(client);
    }
  }

  /** Until either side ends; then both do. */
  private void copy(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      // the same as its end
      return;
    } finally {
      end(from);
      end(to);
      sockets.remove(from);
    }
  }

  private static void end(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // it is of no use any more
      return;
    }
  }
}
