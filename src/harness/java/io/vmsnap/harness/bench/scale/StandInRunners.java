package io.vmsnap.harness.bench.scale;

import io.vmsnap.task.RunnerStatus;
import io.vmsnap.task.TaskJson;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Runners that only answer: one address of 127.128/9 for each pod, since all runners have the same
 * port. Addresses in use by another stand-in of this machine are passed over.
 */
final class StandInRunners implements AutoCloseable {
  private static final int LAST_OCTETS = 250;
  private static final int BLOCKS = 127 * 256;

  private final List<ServerSocket> sockets = new ArrayList<>();
  private int next;

  /** Starts a runner and returns its pod's address. */
  synchronized String start(StandInDirectory directory) throws IOException {
    while (next < BLOCKS * LAST_OCTETS) {
      int block = next / LAST_OCTETS;
      String address =
          "127." + (128 + block / 256) + "." + block % 256 + "." + (2 + next % LAST_OCTETS);
      next++;
      ServerSocket socket = new ServerSocket();
      try {
        socket.bind(new InetSocketAddress(InetAddress.getByName(address), RunnerStatus.PORT));
      } catch (BindException e) {
        socket.close();
        continue;
      }
      sockets.add(socket);
      Thread.ofVirtual().start(() -> accept(socket, directory));
      return address;
    }
    throw new IOException("all addresses of 127.128/9 are in use");
  }

  private void accept(ServerSocket socket, StandInDirectory directory) {
    while (!socket.isClosed()) {
      try {
        Socket connection = socket.accept();
        Thread.ofVirtual().start(() -> serve(connection, directory));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(Socket connection, StandInDirectory directory) {
    try (connection;
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(connection.getInputStream(), StandardCharsets.US_ASCII));
        OutputStream out = connection.getOutputStream()) {
      while (readRequest(in)) {
        byte[] body = TaskJson.write(directory.status()).getBytes(StandardCharsets.UTF_8);
        String head =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                .formatted(body.length);
        byte[] answer = new byte[head.length() + body.length];
        System.arraycopy(head.getBytes(StandardCharsets.US_ASCII), 0, answer, 0, head.length());
        System.arraycopy(body, 0, answer, head.length(), body.length);
        out.write(answer);
        out.flush();
      }
    } catch (IOException e) {
      // the operator has gone, or nobody asks any more
    }
  }

  /** Reads a request without a body; false at the connection's end. */
  private static boolean readRequest(BufferedReader in) throws IOException {
    String line = in.readLine();
    boolean asked = line != null;
    while (line != null && !line.isEmpty()) {
      line = in.readLine();
    }
    return asked;
  }

  @Override
  public synchronized void close() throws IOException {
    for (ServerSocket socket : sockets) {
      socket.close();
    }
  }
}
