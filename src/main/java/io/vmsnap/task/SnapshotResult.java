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
 * @param memory null if the snapshot has none
 * @param quiesce what became of the wish to freeze the guest's file systems; null if not told
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
    Instant completionTime,
    MemoryResult memory,
    QuiesceResult quiesce) {

  /** A snapshot without memory that nobody wanted quiesced. */
  public SnapshotResult(
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
    this(
        uid,
        parentUid,
        powerState,
        consistency,
        memoryFile,
        disks,
        storage,
        timing,
        createTime,
        completionTime,
        null,
        null);
  }

  /**
   * @param bytes space that the saved RAM takes on the volume
   * @param method how it was taken: {@code BackgroundSnapshot} or {@code PreCopy}
   */
  public record MemoryResult(long bytes, String method) {}

  /**
   * @param quiesced observed, not assumed: file systems were frozen, and the thaw found them frozen
   * @param reason a token: {@code Frozen}, {@code NotRequested}, {@code NotNeededWithMemory},
   *     {@code PoweredOff}, {@code AgentNotConnected}, {@code FreezeFailed}, {@code FreezeTimeout}
   *     or {@code ThawedEarly}
   * @param fileSystems how many were frozen
   * @param flushMillis how long the freeze took, which is the flushing of caches; null without
   * @param thawMillis how long the thaw took; null without
   */
  public record QuiesceResult(
      boolean quiesced,
      String reason,
      String message,
      int fileSystems,
      Double flushMillis,
      Double thawMillis) {}

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
