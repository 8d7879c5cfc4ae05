package io.vmsnap.vmdir;

import io.vmsnap.disk.vmdk.VmdkLayer;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a snapshot takes on the volume: the disks it froze, which hold what was written since its
 * parent, and its state file.
 *
 * @param bytes of the files that are there; holes do not count
 * @param missing names of files that are not there
 */
public record SnapshotSize(long bytes, List<String> missing) {
  public static SnapshotSize of(VmStorage storage, SnapshotEntry snapshot) throws IOException {
    long bytes = 0;
    List<String> missing = new ArrayList<>();
    List<String> files = new ArrayList<>(List.of(snapshot.stateFile()));
    for (SnapshotDisk disk : snapshot.disks()) {
      if (storage.exists(disk.fileName())) {
        files.addAll(DiskFiles.of(storage, VmdkLayer.readDescriptor(storage, disk.fileName())));
      } else {
        missing.add(disk.fileName());
      }
    }
    for (String file : files) {
      try {
        bytes += storage.allocatedBytes(file);
      } catch (NoSuchFileException e) {
        missing.add(file);
      }
    }
    return new SnapshotSize(bytes, List.copyOf(missing));
  }
}
