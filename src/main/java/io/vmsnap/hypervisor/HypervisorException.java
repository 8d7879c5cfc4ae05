package io.vmsnap.hypervisor;

import java.io.IOException;

/** The hypervisor refused, died or did not answer in time; the message says which, and what. */
public class HypervisorException extends IOException {
  private static final long serialVersionUID = 1L;
  private final boolean outcomeUnknown;

  public HypervisorException(String message, boolean outcomeUnknown, Throwable cause) {
    super(message, cause);
    this.outcomeUnknown = outcomeUnknown;
  }

  /** True if the command was sent and may or may not have taken effect. */
  public boolean isOutcomeUnknown() {
    return outcomeUnknown;
  }
}
