package io.vmsnap.vmdir;

import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The descriptors of a disk and all its parents. */
final class DescriptorChain {
  /** Far above any maxDepth; a bound against files made to hurt. */
  private static final int MAX_LENGTH = 1024;

  private DescriptorChain() {}

  /**
   * @return base first, the given disk last
   * @throws DamagedFileException if a parent is missing, is not the one the child was made on, has
   *     another size, or the parents form a cycle
   */
  static List<DiskDescriptor> of(VmStorage storage, String active) throws IOException {
    List<DiskDescriptor> chain = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    DiskDescriptor disk = read(storage, active, null);
    while (true) {
      chain.addFirst(disk);
      if (!seen.add(disk.fileName()) || chain.size() > MAX_LENGTH) {
        throw new DamagedFileException(
            disk.fileName(), "is its own ancestor, or has more than " + MAX_LENGTH + " of them");
      }
      Optional<String> parentName = disk.parentFileNameHint();
      if (parentName.isEmpty()) {
        return List.copyOf(chain);
      }
      DiskDescriptor parent = read(storage, parentName.get(), disk.fileName());
      checkFit(disk, parent);
      disk = parent;
    }
  }

  private static DiskDescriptor read(VmStorage storage, String name, String child)
      throws IOException {
    if (!storage.exists(name)) {
      String user = child == null ? "the virtual machine's configuration" : child;
      throw new DamagedFileException(name, "is missing, and " + user + " needs it");
    }
    return DiskDescriptor.read(storage, name);
  }

  private static void checkFit(DiskDescriptor disk, DiskDescriptor parent)
      throws DamagedFileException {
    if (!disk.parentCid().equals(parent.cid())) {
      throw new DamagedFileException(
          disk.fileName(),
          "parentCID is "
              + disk.parentCid()
              + ", but the CID of "
              + parent.fileName()
              + " is "
              + parent.cid()
              + ": the parent was written after this disk was made on it");
    }
    if (disk.capacity() != parent.capacity()) {
      throw new DamagedFileException(
          disk.fileName(),
          "has "
              + disk.capacity()
              + " bytes, its parent "
              + parent.fileName()
              + " has "
              + parent.capacity());
    }
  }
}
