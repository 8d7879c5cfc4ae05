package io.vmsnap.vmdir;

import io.vmsnap.disk.vmdk.ContentId;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.disk.vmdk.Extent;
import io.vmsnap.disk.vmdk.ExtentType;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.task.VmDefinition;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes a base disk: blank, or with the content of a source in the directory. The source is copied
 * and stays as it is, unless it already has the name that the disk's own file will have.
 *
 * <p>The content is written under a temporary name, then the descriptor, then the content gets its
 * name: so after a crash an extent with its final name is complete, and one without a descriptor
 * was never ours and is not touched.
 */
final class NewBaseDisk {
  private final VmStorage storage;
  private final String descriptor;
  private final String extent;

  NewBaseDisk(VmStorage storage, String stem) {
    this.storage = storage;
    this.descriptor = stem + ".vmdk";
    this.extent = stem + "-flat.vmdk";
  }

  void create(VmDefinition.Disk wanted) throws IOException, NotPreparableException {
    if (storage.exists(descriptor)) {
      DiskDescriptor present = DiskDescriptor.read(storage, descriptor);
      if (!isOwnLayout(present) || storage.exists(extent)) {
        checkPresent(present, wanted);
        return;
      }
      // Ours, cut off before the extent got its name: made again.
    } else if (storage.exists(extent)) {
      describe(wanted);
      return;
    }
    try (BaseContent content = BaseContent.open(storage, wanted)) {
      String temporary = extent + WholeFile.TEMPORARY_SUFFIX;
      storage.delete(temporary);
      try (StorageFile file = storage.create(temporary)) {
        file.extendTo(content.capacity());
        content.copyTo(file);
        file.sync();
      }
      writeDescriptor(content.capacity());
      storage.rename(temporary, extent);
      storage.syncDirectory("");
    }
  }

  private boolean isOwnLayout(DiskDescriptor present) {
    return present.extents().size() == 1 && extent.equals(present.extents().getFirst().fileName());
  }

  /** A disk that somebody put there under our name, or an earlier attempt of ours. */
  private void checkPresent(DiskDescriptor present, VmDefinition.Disk wanted)
      throws IOException, NotPreparableException {
    String source = wanted.sourcePath();
    if (present.parentFileNameHint().isPresent() || !isOwnLayout(present)) {
      throw NotPreparableException.invalid(
          "disk "
              + wanted.name()
              + ": "
              + descriptor
              + " exists and is not a base disk with the extent "
              + extent
              + "; move it away");
    }
    long capacity = present.capacity();
    boolean fits = wanted.sizeBytes() == null || wanted.sizeBytes() == capacity;
    if (!fits || storage.size(extent) < capacity) {
      throw NotPreparableException.invalid(
          "disk "
              + wanted.name()
              + ": "
              + descriptor
              + " exists with "
              + capacity
              + " bytes, its extent has "
              + storage.size(extent)
              + ", and "
              + wanted.sizeBytes()
              + " are defined; move it away, or define its size"
              + (source == null ? " and name it as the source" : ""));
    }
  }

  /** The raw content lies there under its final name: only a source named so may be taken over. */
  private void describe(VmDefinition.Disk wanted) throws IOException, NotPreparableException {
    long size = storage.size(extent);
    if (!extent.equals(wanted.sourcePath())) {
      throw NotPreparableException.invalid(
          "disk "
              + wanted.name()
              + ": "
              + extent
              + " exists without its descriptor "
              + descriptor
              + "; name it as the disk's source to use it, or move it away");
    }
    if (size % Extent.SECTOR != 0 || wanted.sizeBytes() != null && wanted.sizeBytes() != size) {
      throw NotPreparableException.invalid(
          "disk "
              + wanted.name()
              + ": "
              + extent
              + " has "
              + size
              + " bytes, which is not the"
              + " defined size or not a multiple of 512");
    }
    writeDescriptor(size);
  }

  private void writeDescriptor(long capacity) throws IOException {
    Map<String, String> dataBase = new LinkedHashMap<>();
    dataBase.put("adapterType", "lsilogic");
    dataBase.put("virtualHWVersion", "19");
    DiskDescriptor text =
        DiskDescriptor.create(
            descriptor,
            "vmfs",
            ContentId.random(new SecureRandom()),
            ContentId.NONE,
            null,
            List.of(Extent.of(ExtentType.VMFS, capacity / Extent.SECTOR, extent)),
            dataBase);
    WholeFile.replace(storage, descriptor, text.toBytes());
  }

  static long checkedSize(VmDefinition.Disk wanted) throws NotPreparableException {
    Long size = wanted.sizeBytes();
    if (size == null || size <= 0 || size % Extent.SECTOR != 0) {
      throw NotPreparableException.invalid(
          "disk "
              + wanted.name()
              + ": size "
              + size
              + " is not a positive number of bytes that is a multiple of "
              + Extent.SECTOR);
    }
    return size;
  }
}
