package io.vmsnap.task;

import java.util.List;

/**
 * A finished revert as a job reports it.
 *
 * @param snapshotUid uid of the snapshot that the machine was reverted to
 * @param powerState {@code PoweredOn} or {@code PoweredOff}: what the machine is to be now
 * @param memoryLoad {@code OnDemand} or {@code Eager}; null if no memory was loaded
 * @param discardedBytes space that the abandoned disks had occupied
 */
public record RevertResult(
    long snapshotUid,
    String powerState,
    String memoryLoad,
    long discardedBytes,
    List<DiskResult> disks,
    Timing timing) {

  /**
   * @param node the disk's place on the virtual machine, such as {@code scsi0:0}
   * @param name the disk's name in the custom resource
   * @param file descriptor of the disk that the snapshot froze
   * @param writesTo descriptor of the new disk that takes the writes
   * @param abandoned descriptor of the disk that took the writes before
   */
  public record DiskResult(
      String node, String name, String file, String writesTo, String abandoned) {}

  /**
   * @param runningMillis from the beginning until the guest ran; null if it does not
   */
  public record Timing(Double runningMillis, double totalMillis) {}
}
