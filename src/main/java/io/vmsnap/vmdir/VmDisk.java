package io.vmsnap.vmdir;

import io.vmsnap.disk.vmdk.DiskDescriptor;
import java.util.List;

/**
 * A hard disk of the virtual machine with all its layers.
 *
 * @param address such as {@code scsi0:0}
 * @param name its name in the custom resource; null in a directory made elsewhere
 * @param independent left out of snapshots by its mode
 * @param chain descriptors, base first, active last
 */
public record VmDisk(
    DiskAddress address, String name, boolean independent, List<DiskDescriptor> chain) {
  public DiskDescriptor base() {
    return chain.getFirst();
  }

  /** The one that takes the writes. */
  public DiskDescriptor active() {
    return chain.getLast();
  }

  public long capacityBytes() {
    return active().capacity();
  }
}
