package io.vmsnap.task;

/**
 * What {@code vmsnap job create} shall do, handed over as JSON in the environment variable {@value
 * #ENVIRONMENT_VARIABLE}.
 *
 * @param requestId UID of the custom resource: running the same request twice makes one snapshot
 * @param displayName name shown in the snapshot tree
 * @param quiesce {@code None}, {@code BestEffort} or {@code Required}
 * @param timeoutSeconds deadline of the whole operation
 * @param maxDepth longest chain allowed, in snapshots
 * @param reservePercent free space to keep, in percent of the VM's total disk size
 * @param maxSnapshots how many the directory may hold, on all branches; 0 for any number
 * @param memoryMethod {@code BackgroundSnapshot} or {@code PreCopy}; null for the best that works
 */
public record CreateSnapshotTask(
    String requestId,
    String displayName,
    String description,
    boolean memory,
    String quiesce,
    int quiesceTimeoutSeconds,
    int timeoutSeconds,
    int maxDepth,
    int reservePercent,
    int maxSnapshots,
    String memoryMethod) {
  public static final String ENVIRONMENT_VARIABLE = "VMSNAP_TASK";

  /** A task without a limit to the number of snapshots. */
  public CreateSnapshotTask(
      String requestId,
      String displayName,
      String description,
      boolean memory,
      String quiesce,
      int quiesceTimeoutSeconds,
      int timeoutSeconds,
      int maxDepth,
      int reservePercent) {
    this(
        requestId,
        displayName,
        description,
        memory,
        quiesce,
        quiesceTimeoutSeconds,
        timeoutSeconds,
        maxDepth,
        reservePercent,
        0);
  }

  /** A task whose memory is saved in the best way that works. */
  public CreateSnapshotTask(
      String requestId,
      String displayName,
      String description,
      boolean memory,
      String quiesce,
      int quiesceTimeoutSeconds,
      int timeoutSeconds,
      int maxDepth,
      int reservePercent,
      int maxSnapshots) {
    this(
        requestId,
        displayName,
        description,
        memory,
        quiesce,
        quiesceTimeoutSeconds,
        timeoutSeconds,
        maxDepth,
        reservePercent,
        maxSnapshots,
        null);
  }
}
