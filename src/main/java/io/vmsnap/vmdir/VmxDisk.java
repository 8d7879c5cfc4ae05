package io.vmsnap.vmdir;

/**
 * A disk as {@code .vmx} names it.
 *
 * @param address such as {@code scsi0:0}
 * @param name its name in the custom resource; null in a directory made elsewhere
 * @param fileName descriptor of the active disk
 * @param mode VMware's disk mode; {@code persistent} unless given. Independent disks take no part
 *     in snapshots
 */
public record VmxDisk(DiskAddress address, String name, String fileName, String mode) {
  public boolean isIndependent() {
    return mode.startsWith("independent");
  }
}
