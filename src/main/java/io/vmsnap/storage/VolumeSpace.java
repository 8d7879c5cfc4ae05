package io.vmsnap.storage;

/** Bytes of the volume below a VM directory: in all, and free for us. */
public record VolumeSpace(long capacityBytes, long freeBytes) {}
