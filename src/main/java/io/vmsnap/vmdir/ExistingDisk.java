package io.vmsnap.vmdir;

import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.disk.vmdk.Extent;
import io.vmsnap.disk.vmdk.ExtentType;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.task.VmDefinition;
import java.io.IOException;
import java.util.List;

/** A disk that the directory has already: whether it fits the definition, and its growth. */
final class ExistingDisk {
  private final VmStorage storage;
  private final VmxDisk disk;
  private final VmsdFile vmsd;

  ExistingDisk(VmStorage storage, VmxDisk disk, VmsdFile vmsd) {
    this.storage = storage;
    this.disk = disk;
    this.vmsd = vmsd;
  }

  void fit(VmDefinition.Disk wanted) throws IOException, NotPreparableException {
    List<DiskDescriptor> chain = DescriptorChain.of(storage, disk.fileName());
    long capacity = chain.getLast().capacity();
    if (wanted.sizeBytes() == null || wanted.sizeBytes() == capacity) {
      checkExtents(chain.getFirst());
      return;
    }
    long size = NewBaseDisk.checkedSize(wanted);
    if (size < capacity) {
      throw NotPreparableException.invalid(
          "disk "
              + wanted.name()
              + " ("
              + disk.fileName()
              + ") has "
              + capacity
              + " bytes and cannot shrink to "
              + size);
    }
    if (chain.size() > 1 || !vmsd.snapshots().isEmpty()) {
      throw NotPreparableException.invalid(
          "disk "
              + wanted.name()
              + " ("
              + disk.fileName()
              + ") cannot grow from "
              + capacity
              + " to "
              + size
              + " bytes while the machine has snapshots; delete them first");
    }
    grow(chain.getFirst(), size);
  }

  /** Extent first: a descriptor must never promise more than is there. */
  private void grow(DiskDescriptor base, long size) throws IOException, NotPreparableException {
    Extent extent = checkExtents(base);
    if (base.extents().size() != 1 || extent.offset() != 0) {
      throw NotPreparableException.invalid(
          base.fileName() + ": a disk of several extents cannot grow");
    }
    try (StorageFile file = storage.open(extent.fileName(), OpenMode.READ_WRITE)) {
      file.extendTo(size);
      file.sync();
    }
    Extent grown =
        extent.type() == ExtentType.FLAT
            ? Extent.flat(size / Extent.SECTOR, extent.fileName(), 0)
            : Extent.of(extent.type(), size / Extent.SECTOR, extent.fileName());
    WholeFile.replace(storage, base.fileName(), base.withExtents(List.of(grown)).toBytes());
  }

  /** Finds a missing or cut-off extent before the hypervisor does. */
  private Extent checkExtents(DiskDescriptor base) throws IOException {
    Extent last = null;
    for (Extent extent : base.extents()) {
      last = extent;
      boolean raw = extent.type() == ExtentType.FLAT || extent.type() == ExtentType.VMFS;
      if (!raw) {
        continue;
      }
      if (!storage.exists(extent.fileName())) {
        throw new DamagedFileException(
            extent.fileName(), "is missing, and " + base.fileName() + " needs it");
      }
      long needed = (extent.offset() + extent.sectors()) * Extent.SECTOR;
      long size = storage.size(extent.fileName());
      if (size < needed) {
        throw new DamagedFileException(
            extent.fileName(),
            "has " + size + " bytes; " + base.fileName() + " says that it has " + needed);
      }
    }
    if (last == null) {
      throw new DamagedFileException(base.fileName(), "has no extents");
    }
    return last;
  }
}
