package io.vmsnap.hypervisor;

import java.io.IOException;
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

  /**
   * Stops the guest for good and saves RAM and device state; the disks stay as they are from then
   * on. When it returns, the stream is complete and the guest stands still; the file is not synced.
   *
   * @throws MemorySaveException if that failed; the guest goes on
   */
  SavedMemory suspend(MemorySave save, MemoryProgress progress) throws HypervisorException;

  /**
   * Ends a saving of memory whose owner died, and lets the guest go on that it had stopped;
   * harmless if there is none. Tells nothing of the disks: {@link #disks()} does.
   */
  void abandonMemory() throws HypervisorException;

  /**
   * Opens a layer anew, because its files changed on disk, and makes it the backing of {@code
   * overlay} in place of all that lay between {@code overlay} and {@code under}; nodes that nobody
   * uses any more are closed. The guest's requests wait only while the graph changes. Repeating it
   * is harmless.
   *
   * @param overlay the layer that stays above, active or not
   * @param layer what lies below it from now on
   * @param under node below {@code layer}; null if {@code layer} is a base
   * @return the longest time for which the guest's requests waited
   */
  Duration replaceBacking(DiskLayer overlay, boolean overlayIsActive, DiskLayer layer, String under)
      throws HypervisorException;

  /**
   * Moves what the active delta holds into the layer below, which takes the writes from then on;
   * the delta's node is closed. For small deltas: QEMU copies, the guest waits only for the switch.
   *
   * @param timeout after which it is given up; the delta stays active then
   * @param pivot called when the layer below has become the active one and all is on the volume,
   *     while the guest stands still: only when it has durably said which disk is the active one
   *     may the guest write there. A delta that is opened again over newer data would hide it
   * @return the time for which the guest did not run
   * @throws HypervisorException with {@link HypervisorException#isOutcomeUnknown()} if the machine
   *     died or went silent midway, or if {@code pivot} failed: then the guest does not run, and
   *     the caller finds out and calls {@link #resume}
   */
  Duration commitActive(String activeNode, String belowNode, Duration timeout, Pivot pivot)
      throws HypervisorException;

  /**
   * Ends a commit of that node which somebody who is dead began; afterwards the graph says whether
   * it took place. Harmless if there is none.
   */
  void cancelCommit(String activeNode) throws HypervisorException;

  /** Lets a guest run that was stopped; no effect on one that runs. */
  void resume() throws HypervisorException;

  /** Writes down durably which disk is the active one. */
  @FunctionalInterface
  interface Pivot {
    void record() throws IOException;
  }

  @Override
  void close();
}
