package io.vmsnap.harness.controlplane;

/** The control plane cannot be found, started or kept running; the message says what to do. */
public class ControlPlaneException extends RuntimeException {
  public ControlPlaneException(String message) {
    super(message);
  }

  public ControlPlaneException(String message, Throwable cause) {
    super(message, cause);
  }
}
