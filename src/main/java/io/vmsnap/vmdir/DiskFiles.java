package io.vmsnap.vmdir;

import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.disk.vmdk.Extent;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The files that belong to a disk, and the space they take. */
public final class DiskFiles {
  private DiskFiles() {}

  /** Descriptor, extents, and the live index if there is one. */
  public static List<String> of(VmStorage storage, DiskDescriptor disk) throws IOException {
    List<String> files = new ArrayList<>();
    files.add(disk.fileName());
    disk.extents().stream()
        .map(Extent::fileName)
        .filter(f -> f != null && !f.equals(disk.fileName()))
        .distinct()
        .forEach(files::add);
    String index = index(disk.fileName());
    if (storage.exists(index)) {
      files.add(index);
    }
    return files;
  }

  /** Where the live index of a delta is, given its descriptor's name. */
  public static String index(String descriptor) {
    return DirectoryFormat.FOLDER
        + "/"
        + descriptor.substring(0, descriptor.length() - ".vmdk".length())
        + ".idx";
  }

  /** Bytes on the volume; holes do not count. */
  public static long allocatedBytes(VmStorage storage, DiskDescriptor disk) throws IOException {
    return allocatedBytes(storage, of(storage, disk));
  }

  public static long allocatedBytes(VmStorage storage, Collection<String> files)
      throws IOException {
    long bytes = 0;
    for (String file : files) {
      bytes += storage.allocatedBytes(file);
    }
    return bytes;
  }
}
