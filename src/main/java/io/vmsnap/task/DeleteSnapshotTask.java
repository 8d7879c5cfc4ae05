package io.vmsnap.task;

/**
 * What {@code vmsnap job delete} shall do, handed over as JSON in the environment variable {@value
 * CreateSnapshotTask#ENVIRONMENT_VARIABLE}.
 *
 * @param requestId names the request in progress and messages
 * @param snapshotUid the entry's uid in {@code .vmsd}; one that is not there counts as deleted; 0
 *     with descendants means all
 * @param withDescendants whether the snapshots that descend from it go with it
 * @param bandwidthBytesPerSecond most data copied in a second; 0 for no limit
 * @param timeoutSeconds deadline of the whole operation
 */
public record DeleteSnapshotTask(
    String requestId,
    long snapshotUid,
    boolean withDescendants,
    long bandwidthBytesPerSecond,
    int timeoutSeconds) {}
