package io.vmsnap.hypervisor.qmp;

import io.vmsnap.hypervisor.HypervisorException;
import java.time.Duration;

/** QEMU did not answer before the deadline; it may still carry out the command. */
public final class QmpTimeoutException extends HypervisorException {
  private static final long serialVersionUID = 1L;

  public QmpTimeoutException(String command, Duration deadline, boolean outcomeUnknown) {
    super(
        "QEMU did not answer " + command + " within " + deadline.toMillis() + " ms",
        outcomeUnknown,
        null);
  }
}
