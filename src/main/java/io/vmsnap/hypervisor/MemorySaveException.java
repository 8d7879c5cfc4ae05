package io.vmsnap.hypervisor;

/** RAM could not be saved; the guest goes on. */
public final class MemorySaveException extends HypervisorException {
  private static final long serialVersionUID = 1L;
  private final boolean disksSwitched;

  public MemorySaveException(String message, boolean disksSwitched, Throwable cause) {
    super(message, false, cause);
    this.disksSwitched = disksSwitched;
  }

  /**
   * Whether the guest already writes to the new deltas: they hold its data then and must be merged
   * back, never deleted.
   */
  public boolean areDisksSwitched() {
    return disksSwitched;
  }
}
