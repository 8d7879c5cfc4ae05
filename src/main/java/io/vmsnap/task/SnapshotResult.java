package io.vmsnap.task;

import java.time.Instant;
import java.util.List;

/**
 * A finished snapshot as a job reports it.
 *
 * @param uid the entry's uid in {@code .vmsd}
 * @param parentUid null for a root
 * @param powerState {@code PoweredOn} or {@code PoweredOff} at the moment of the snapshot
 * @param consistency {@code Crash}, {@code FileSystem} or {@code Memory}
 * @param memoryFile the {@code .vmsn} file
 */
public record SnapshotResult(
    long uid,
    Long parentUid,
    String powerState,
    String consistency,
    String memoryFile,
    List<DiskResult> disks,
    StorageResult storage,
    Timing timing,
    Instant createTime,
    Instant completionTime) {

  /**
   * @param node the disk's place on the virtual machine, such as {@code scsi0:0}
   * @param name the disk's name in the custom resource
   * @param file descriptor of the disk frozen by the snapshot
   * @param writesTo descriptor of the disk that takes the writes now
   * @param usedBytes space the frozen disk occupies
   * @param cid content id of the frozen disk, eight hex digits
   * @param parentCid content id of its parent; {@code ffffffff} for a base disk
   */
  public record DiskResult(
      String node,
      String name,
      String file,
      String writesTo,
      long capacityBytes,
      long usedBytes,
      String cid,
      String parentCid) {}

  /**
   * Bytes: of the disks that the snapshot froze and its state file, demanded before it began, free
   * after it.
   */
  public record StorageResult(long usedBytes, long requiredBytes, long freeBytes) {}

  /**
   * @param freezeMillis time for which the guest's file systems were frozen; null if they were not
   * @param stunMillis time for which the guest did not run; null if it was powered off
   */
  public record Timing(Double freezeMillis, Double stunMillis, double totalMillis) {}
}
