package io.vmsnap.vmdir;

import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.disk.vmdk.VmdkChain;
import io.vmsnap.disk.vmdk.VmdkLayer;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The descriptors of a disk and all its parents, whatever format they describe. */
final class DescriptorChain {
  private DescriptorChain() {}

  /**
   * @return base first, the given disk last
   * @throws io.vmsnap.disk.DiskException if a parent is missing, is not the one the child was made
   *     on, or the parents form a cycle
   * @throws DamagedFileException if the disk itself is missing, or smaller than its parent
   */
  static List<DiskDescriptor> of(VmStorage storage, String active) throws IOException {
    if (!storage.exists(active)) {
      throw new DamagedFileException(
          active, "is missing, and the virtual machine's configuration needs it");
    }
    List<DiskDescriptor> chain = new ArrayList<>();
    for (String name : VmdkChain.names(storage, active).reversed()) {
      DiskDescriptor disk = VmdkLayer.readDescriptor(storage, name);
      if (!chain.isEmpty() && disk.capacity() < chain.getLast().capacity()) {
        throw new DamagedFileException(
            name,
            "has "
                + disk.capacity()
                + " bytes, less than its parent "
                + chain.getLast().fileName()
                + " with "
                + chain.getLast().capacity());
      }
      chain.add(disk);
    }
    return List.copyOf(chain);
  }
}
