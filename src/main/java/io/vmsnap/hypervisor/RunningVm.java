package io.vmsnap.hypervisor;

import java.time.Duration;
import java.util.List;

/** A machine that runs: what a snapshot does to it, without a word of how. */
public interface RunningVm extends AutoCloseable {
  RunState state() throws HypervisorException;

  List<AttachedDisk> disks() throws HypervisorException;

  /**
   * Gives every disk its new active delta, all in one transaction: afterwards all are switched, or,
   * when it throws, none is. The old active nodes are flushed and never written again.
   *
   * @return the time for which the machine did not answer its guest (the stun)
   * @throws HypervisorException with {@link HypervisorException#isOutcomeUnknown()} if the machine
   *     died or went silent midway
   */
  Duration switchDisks(List<DiskSwitch> switches) throws HypervisorException;

  /**
   * Saves RAM and device state and switches the disks, both of the same instant. When it returns,
   * the stream is complete; the file is not synced yet.
   *
   * @throws MemorySaveException if that failed while the machine lives; {@link
   *     MemorySaveException#areDisksSwitched()} tells whether the disks were switched before
   * @throws HypervisorException with {@link HypervisorException#isOutcomeUnknown()} if the machine
   *     died or went silent midway
   */
  SavedMemory saveMemory(MemorySave save, List<DiskSwitch> switches, MemoryProgress progress)
      throws HypervisorException;

  @Override
  void close();
}
