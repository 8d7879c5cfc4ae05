package io.vmsnap.hypervisor.qmp;

import io.vmsnap.hypervisor.HypervisorException;

/** QEMU cannot be reached, or ended (or its monitor did) while a command was under way. */
public final class QmpConnectionException extends HypervisorException {
  private static final long serialVersionUID = 1L;

  public QmpConnectionException(String message, boolean outcomeUnknown, Throwable cause) {
    super(message, outcomeUnknown, cause);
  }
}
