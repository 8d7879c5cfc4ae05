package io.vmsnap.snapshot;

import io.vmsnap.vmdir.DiskAddress;

/**
 * A disk as planners see it.
 *
 * @param name its name in the custom resource, or null
 * @param base descriptor of the base disk
 * @param active descriptor of the disk that takes the writes
 * @param independent left out of snapshots by its mode
 */
public record DiskState(
    DiskAddress address,
    String name,
    String base,
    String active,
    long capacityBytes,
    boolean independent) {}
