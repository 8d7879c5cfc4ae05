package io.vmsnap.runner.control;

/** What the runner does for jobs. Calls come from several connections, but one at a time. */
public interface ControlHandler {
  /**
   * @param connection stands for the client; the same for all requests of one connection
   */
  ControlReply handle(ControlRequest request, Object connection);

  /** The client is gone: what it left half done is undone. */
  void disconnected(Object connection);
}
