package io.vmsnap.hypervisor.commandline;

/**
 * A port of the guest that is reachable on the host's address under the same number.
 *
 * @param port 1 to 65535
 */
public record PortForward(Protocol protocol, int port) {
  private static final int MAX_PORT = 65535;

  /** Transport protocols that QEMU's user network forwards. */
  public enum Protocol {
    TCP,
    UDP
  }

  public PortForward {
    if (port < 1 || port > MAX_PORT) {
      throw new IllegalArgumentException("port " + port + " is not within 1 to " + MAX_PORT);
    }
  }
}
