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
    int reservePercent) {
  public static final String ENVIRONMENT_VARIABLE = "VMSNAP_TASK";
}
