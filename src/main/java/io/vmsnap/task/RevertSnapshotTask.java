package io.vmsnap.task;

/**
 * What {@code vmsnap job revert} shall do, handed over as JSON in the environment variable {@value
 * CreateSnapshotTask#ENVIRONMENT_VARIABLE}.
 *
 * @param requestId UID of the custom resource: a request is served once, for ever
 * @param snapshotUid the entry's uid in {@code .vmsd}
 * @param power {@code FromSnapshot}, {@code PoweredOn} or {@code PoweredOff}: what the machine does
 *     afterwards; null means {@code FromSnapshot}
 * @param memoryLoad {@code OnDemand} or {@code Eager}; null means {@code OnDemand}
 * @param timeoutSeconds deadline of the whole operation
 * @param maxDepth longest chain allowed, in snapshots
 * @param reservePercent free space to keep, in percent of the VM's total disk size
 */
public record RevertSnapshotTask(
    String requestId,
    long snapshotUid,
    String power,
    String memoryLoad,
    int timeoutSeconds,
    int maxDepth,
    int reservePercent) {}
