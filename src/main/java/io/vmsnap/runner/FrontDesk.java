package io.vmsnap.runner;

import io.vmsnap.runner.control.ControlHandler;
import io.vmsnap.runner.control.ControlReply;
import io.vmsnap.runner.control.ControlRequest;

/** Sends each request to the desk that serves it. */
record FrontDesk(FreezeDesk freezing, ReplacementDesk replacing) implements ControlHandler {
  @Override
  public ControlReply handle(ControlRequest request, Object connection) {
    return switch (request.command()) {
      case ControlRequest.FREEZE, ControlRequest.THAW -> freezing.handle(request, connection);
      case null, default -> replacing.handle(request, connection);
    };
  }

  @Override
  public void disconnected(Object connection) {
    freezing.disconnected(connection);
    replacing.disconnected(connection);
  }
}
