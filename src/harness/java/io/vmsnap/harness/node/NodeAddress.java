package io.vmsnap.harness.node;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;

/**
 * The /24 out of 127/8 that a node has for itself and its pods. Several nodes may live on one
 * machine: the one that holds port {@value #CLAIM_PORT} of {@code 127.A.B.1} owns the subnet, and
 * the kernel ends the ownership with the process. The data directory decides where the search
 * starts, so a restarted node usually gets its old subnet.
 */
final class NodeAddress implements AutoCloseable {
  private static final int CLAIM_PORT = 10249;
  private static final int SUBNETS = 63 * 256;

  private final String prefix;
  private final ServerSocket claim;

  private NodeAddress(String prefix, ServerSocket claim) {
    this.prefix = prefix;
    this.claim = claim;
  }

  /**
   * @throws IOException if sockets cannot be bound on 127/8 at all, or all subnets are in use
   */
  static NodeAddress claim(Path dataDirectory) throws IOException {
    int start = Math.floorMod(dataDirectory.toAbsolutePath().toString().hashCode(), SUBNETS);
    for (int i = 0; i < SUBNETS; i++) {
      int subnet = (start + i) % SUBNETS;
      String prefix = "127." + (64 + subnet / 256) + "." + subnet % 256 + ".";
      ServerSocket socket = new ServerSocket();
      try {
        socket.bind(new InetSocketAddress(InetAddress.getByName(prefix + "1"), CLAIM_PORT), 1);
        return new NodeAddress(prefix, socket);
      } catch (BindException e) {
        socket.close();
        if (!String.valueOf(e.getMessage()).contains("in use")) {
          throw new IOException(
              "cannot bind " + prefix + "1: the local node needs all of 127/8, as on Linux", e);
        }
      }
    }
    throw new IOException("all " + SUBNETS + " subnets of 127/8 are in use by local nodes");
  }

  /** Three octets with a dot at the end. */
  String prefix() {
    return prefix;
  }

  @Override
  public void close() throws IOException {
    claim.close();
  }
}
