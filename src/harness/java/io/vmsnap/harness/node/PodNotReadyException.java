package io.vmsnap.harness.node;

/** A container cannot be started yet; the node tells why and tries again. */
final class PodNotReadyException extends Exception {
  private static final long serialVersionUID = 1;
  private final String reason;

  /**
   * @param reason becomes {@code state.waiting.reason}
   */
  PodNotReadyException(String reason, String message) {
    super(message);
    this.reason = reason;
  }

  String reason() {
    return reason;
  }
}
