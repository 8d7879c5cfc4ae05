package io.vmsnap.vmdir;

/**
 * A disk in a snapshot.
 *
 * @param node its place on the virtual machine, such as {@code scsi0:0}
 * @param fileName descriptor of the disk that the snapshot froze
 */
public record SnapshotDisk(String node, String fileName) {}
