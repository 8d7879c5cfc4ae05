package io.vmsnap.task;

/**
 * What {@code vmsnap job consolidate} shall do, handed over as JSON in the environment variable
 * {@value CreateSnapshotTask#ENVIRONMENT_VARIABLE}: merge what an interrupted deletion left.
 *
 * @param requestId names the request in progress and messages
 * @param bandwidthBytesPerSecond most data copied in a second; 0 for no limit
 * @param timeoutSeconds deadline of the whole operation
 */
public record ConsolidateTask(String requestId, long bandwidthBytesPerSecond, int timeoutSeconds) {}
