package io.vmsnap.hypervisor;

import java.time.Duration;

/**
 * Replaces a running machine by another state of it, as a revert needs it. The new machine is made
 * ready beside the running one, which goes on untouched until the moment of the change; what was
 * made ready and not promoted ends by itself when the connection breaks.
 */
public interface MachineReplacement extends AutoCloseable {
  /**
   * Makes a machine ready: disks open, memory loaded if the configuration names any, guest not yet
   * running.
   *
   * @param configuration the {@code .vmx} to follow, relative to the VM directory
   * @throws HypervisorException if there can be no such machine; the running one goes on
   */
  void prepare(String configuration, Duration timeout) throws HypervisorException;

  /**
   * Ends the running machine, whose state is given up, and lets the prepared one run. Before its
   * guest runs, the mark in {@code .vmx} that names the memory to resume from is durably gone.
   *
   * @throws HypervisorException if it did not take place and the running machine goes on, or, with
   *     {@link HypervisorException#isOutcomeUnknown()}, if nobody can tell
   */
  void promote(Duration timeout) throws HypervisorException;

  /**
   * Cuts the machine's power. Returns when nothing writes to its disks any more.
   *
   * @throws HypervisorException as {@link #promote}
   */
  void powerOff(Duration timeout) throws HypervisorException;

  /**
   * Ends what was made ready, by whomever. Afterwards nothing will be promoted that was prepared
   * before, and the machine that answers is the one that stays: whoever has to find out how far
   * somebody else came must call this first.
   */
  void discard() throws HypervisorException;

  @Override
  void close();
}
