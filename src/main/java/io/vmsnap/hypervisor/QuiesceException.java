package io.vmsnap.hypervisor;

/** The guest's file systems could not be frozen; the guest goes on. */
public final class QuiesceException extends HypervisorException {
  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Cause {
    /** No guest agent answers. */
    AGENT_NOT_CONNECTED,
    /** The agent refused. */
    FREEZE_FAILED,
    /** The agent did not answer before the deadline. */
    FREEZE_TIMEOUT
  }

  private final Cause why;

  public QuiesceException(Cause why, String message, Throwable cause) {
    super(message, false, cause);
    this.why = why;
  }

  public Cause why() {
    return why;
  }
}
