package io.vmsnap.hypervisor.qmp;

import io.vmsnap.hypervisor.HypervisorException;

/** What came back is not QMP: another program listens, or QEMU has a defect. */
public final class QmpProtocolException extends HypervisorException {
  private static final long serialVersionUID = 1L;

  public QmpProtocolException(String message, boolean outcomeUnknown, Throwable cause) {
    super(message, outcomeUnknown, cause);
  }

  /** For an answer whose content is not what the schema promises. */
  public QmpProtocolException(String message) {
    this(message, false, null);
  }
}
