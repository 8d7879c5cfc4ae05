package io.vmsnap.task;

/**
 * What {@code vmsnap job suspend} shall do, handed over as JSON in the environment variable {@value
 * CreateSnapshotTask#ENVIRONMENT_VARIABLE}: save the running machine's memory, and end it.
 *
 * @param requestId names the request in progress and messages
 * @param timeoutSeconds deadline of the whole operation
 * @param reservePercent free space to keep, in percent of the VM's total disk size
 */
public record SuspendTask(String requestId, int timeoutSeconds, int reservePercent) {}
