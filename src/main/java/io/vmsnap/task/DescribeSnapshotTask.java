package io.vmsnap.task;

/**
 * What {@code vmsnap job describe} shall do, handed over as JSON in the environment variable
 * {@value CreateSnapshotTask#ENVIRONMENT_VARIABLE}.
 *
 * @param requestId names the request in progress and messages
 * @param snapshotUid the entry's uid in {@code .vmsd}
 * @param displayName the new name in the snapshot tree; null leaves the one it has
 * @param description the new text; null or empty for none
 * @param timeoutSeconds deadline of the whole operation
 */
public record DescribeSnapshotTask(
    String requestId,
    long snapshotUid,
    String displayName,
    String description,
    int timeoutSeconds) {}
