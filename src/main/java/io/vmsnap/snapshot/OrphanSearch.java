package io.vmsnap.snapshot;

import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.disk.vmdk.VmdkChain;
import io.vmsnap.disk.vmdk.VmdkLayer;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.vmdir.DirectoryFormat;
import io.vmsnap.vmdir.DiskFiles;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import io.vmsnap.vmdir.VmxFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Finds disk and state files that nothing in the directory refers to. */
final class OrphanSearch {
  private OrphanSearch() {}

  static List<DirectoryFinding> search(VmDirectory directory) throws IOException {
    VmStorage storage = directory.storage();
    Set<String> used = usedFiles(directory);
    List<DirectoryFinding> orphans = new ArrayList<>();
    for (String file : storage.list("")) {
      if (!used.contains(file) && isOurs(file, directory.name())) {
        orphans.add(orphan(storage, file));
      }
    }
    for (String name : storage.list(DirectoryFormat.FOLDER)) {
      String file = DirectoryFormat.FOLDER + "/" + name;
      if (!used.contains(file) && (name.endsWith(".idx") || isTemporary(name))) {
        orphans.add(orphan(storage, file));
      }
    }
    return orphans;
  }

  private static boolean isOurs(String file, String vmName) {
    return file.endsWith(".vmdk")
        || file.endsWith(".vmsn")
        || file.equals(SuspendPlan.file(vmName))
        || isTemporary(file);
  }

  private static boolean isTemporary(String file) {
    return file.endsWith(WholeFile.TEMPORARY_SUFFIX);
  }

  private static DirectoryFinding orphan(VmStorage storage, String file) throws IOException {
    return DirectoryFinding.notice(
        file,
        "is used by no disk and no snapshot, and takes " + storage.allocatedBytes(file) + " bytes",
        isTemporary(file)
            ? "nothing: it was left by a write that was cut off, and goes with the next one"
            : "delete it if nobody outside of the directory needs it");
  }

  private static Set<String> usedFiles(VmDirectory directory) throws IOException {
    VmStorage storage = directory.storage();
    Set<String> used = new HashSet<>();
    directory.vmx().get(VmxFile.RESUME_FROM).ifPresent(used::add);
    for (VmDisk disk : directory.disks()) {
      for (DiskDescriptor layer : disk.chain()) {
        used.addAll(DiskFiles.of(storage, layer));
      }
    }
    for (SnapshotEntry snapshot : directory.vmsd().snapshots()) {
      used.add(snapshot.stateFile());
      for (SnapshotDisk disk : snapshot.disks()) {
        if (!used.contains(disk.fileName()) && storage.exists(disk.fileName())) {
          for (String layer : VmdkChain.names(storage, disk.fileName())) {
            used.addAll(DiskFiles.of(storage, VmdkLayer.readDescriptor(storage, layer)));
          }
        }
      }
    }
    return used;
  }
}
