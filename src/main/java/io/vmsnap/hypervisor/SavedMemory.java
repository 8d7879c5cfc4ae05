package io.vmsnap.hypervisor;

import java.time.Duration;

/**
 * RAM that was saved at the same instant at which the disks were switched.
 *
 * @param stun time for which the guest's CPUs did not run
 * @param bytesWritten bytes that went to the file
 * @param qemuVersion of the program that wrote the stream
 */
public record SavedMemory(
    MemoryMethod method, Duration stun, long bytesWritten, String qemuVersion) {}
