package io.vmsnap.hypervisor;

import java.time.Duration;

/**
 * Freezes the file systems of a running guest through its agent. Whatever happens to the caller,
 * the guest is thawed: when the deadline passes, or when the connection breaks.
 */
public interface Quiescer extends AutoCloseable {
  /**
   * Flushes and freezes.
   *
   * @param deadline after which the guest is thawed again, counted from this call
   * @return how many file systems are frozen; 0 if the guest has none that can be
   * @throws QuiesceException if the guest is not frozen, with the reason
   */
  int freeze(Duration deadline) throws HypervisorException;

  /**
   * Thaws.
   *
   * @return whether the guest was frozen all the time until this call
   * @throws HypervisorException if it does not answer; it is thawed when the deadline passes
   */
  boolean thaw() throws HypervisorException;

  @Override
  void close();
}
