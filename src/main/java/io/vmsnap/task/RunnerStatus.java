package io.vmsnap.task;

import java.time.Instant;
import java.util.List;

/**
 * What the runner answers on {@value #PATH}: the machine and its directory, as observed.
 *
 * @param powerState {@code PoweredOn} while QEMU runs, else {@code PoweredOff}
 * @param runState {@code Starting}, {@code Running}, {@code Paused}, {@code IoError}, {@code
 *     ShuttingDown} or {@code Stopped}
 * @param accelerator {@code kvm} or {@code tcg}; null before the start
 * @param guestAgentConnected whether the agent answered lately
 * @param currentUid parent of the running state; null without snapshots
 * @param lastUid the highest uid that was ever given; null if not told
 * @param lastRevertId the UID of the last revert that the directory has been through; null without
 *     one
 * @param operation what a job is doing now; null for nothing
 * @param problem what keeps the machine from running; null for nothing
 */
public record RunnerStatus(
    String powerState,
    String runState,
    String accelerator,
    String qemuVersion,
    boolean guestAgentConnected,
    Directory directory,
    List<Snapshot> snapshots,
    Long currentUid,
    Long lastUid,
    String lastRevertId,
    Operation operation,
    Problem problem) {
  public static final int PORT = 8093;
  public static final String PATH = "/status";

  /**
   * Bytes: of the volume, free on it, and of the VM's base disks, deltas and memory files.
   *
   * @param pendingMerges disks that deleted snapshots have left and that are still to be merged;
   *     null if not told
   * @param deltaBytesPerHour how fast the deltas have grown lately, 0 and more; null if not told,
   *     as while that is not known yet
   */
  public record Directory(
      long capacityBytes,
      long freeBytes,
      long baseBytes,
      long deltaBytes,
      long memoryBytes,
      List<String> pendingMerges,
      Long deltaBytesPerHour) {

    /** A directory of which it is not told how fast it grows. */
    public Directory(
        long capacityBytes,
        long freeBytes,
        long baseBytes,
        long deltaBytes,
        long memoryBytes,
        List<String> pendingMerges) {
      this(capacityBytes, freeBytes, baseBytes, deltaBytes, memoryBytes, pendingMerges, null);
    }

    /** A directory of which it is not told whether anything is to be merged. */
    public Directory(
        long capacityBytes, long freeBytes, long baseBytes, long deltaBytes, long memoryBytes) {
      this(capacityBytes, freeBytes, baseBytes, deltaBytes, memoryBytes, null);
    }
  }

  /** An entry of {@code .vmsd}; {@code parentUid} is null for a root. */
  public record Snapshot(
      long uid,
      Long parentUid,
      String displayName,
      String description,
      Instant createTime,
      boolean memory) {}

  /** A running job: the request it serves, what it does, and how far it is (0 to 100). */
  public record Operation(
      String requestId, String kind, String step, int percent, Instant startTime) {}

  /** A reason token and prose. */
  public record Problem(TaskReason reason, String message) {}
}
