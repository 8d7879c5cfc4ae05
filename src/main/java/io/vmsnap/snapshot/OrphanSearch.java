package io.vmsnap.snapshot;

import io.vmsnap.disk.DiskException;
import io.vmsnap.disk.delta.DeltaFiles;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.disk.vmdk.VmdkChain;
import io.vmsnap.disk.vmdk.VmdkLayer;
import io.vmsnap.storage.UnsafeNameException;
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
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Finds disk and state files that nothing in the directory refers to. */
final class OrphanSearch {
  private OrphanSearch() {}

  static List<DirectoryFinding> search(VmDirectory directory) throws IOException {
    VmStorage storage = directory.storage();
    Set<String> used = new HashSet<>();
    boolean whole = addUsedFiles(directory, used);
    List<DirectoryFinding> orphans = new ArrayList<>();
    for (String file : storage.list("")) {
      boolean known = isTemporary(file) || whole && isOurs(file, directory.name());
      if (known && !used.contains(file)) {
        orphans.add(orphan(storage, file));
      }
    }
    for (String name : storage.list(DirectoryFormat.FOLDER)) {
      String file = DirectoryFormat.FOLDER + "/" + name;
      boolean known = isTemporary(name) || whole && isOfADelta(name);
      if (known && !used.contains(file)) {
        orphans.add(orphan(storage, file));
      }
    }
    return orphans;
  }

  private static boolean isOfADelta(String name) {
    return name.endsWith(DeltaFiles.INDEX_SUFFIX) || name.endsWith(DeltaFiles.STAMP_SUFFIX);
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

  /**
   * Adds what the machine and its snapshots use.
   *
   * @return whether that is all of it: where a chain is broken, nobody can tell what lies below,
   *     and an innocent file may be what is missed
   */
  private static boolean addUsedFiles(VmDirectory directory, Set<String> used) throws IOException {
    VmStorage storage = directory.storage();
    boolean whole = true;
    directory.vmx().get(VmxFile.RESUME_FROM).ifPresent(used::add);
    for (VmDisk disk : directory.disks()) {
      for (DiskDescriptor layer : disk.chain()) {
        addFiles(storage, layer, used);
      }
    }
    for (SnapshotEntry snapshot : directory.vmsd().snapshots()) {
      used.add(snapshot.stateFile());
      for (SnapshotDisk disk : snapshot.disks()) {
        if (!used.contains(disk.fileName()) && storage.exists(disk.fileName())) {
          whole &= addChain(storage, disk.fileName(), used);
        } else if (!storage.exists(disk.fileName())) {
          whole = false;
        }
      }
    }
    return whole;
  }

  private static boolean addChain(VmStorage storage, String top, Set<String> used)
      throws IOException {
    try {
      for (String layer : VmdkChain.names(storage, top)) {
        addFiles(storage, VmdkLayer.readDescriptor(storage, layer), used);
      }
      return true;
    } catch (DiskException | UnsafeNameException | NoSuchFileException e) {
      return false; // the check of that disk says what is wrong
    }
  }

  private static void addFiles(VmStorage storage, DiskDescriptor layer, Set<String> used)
      throws IOException {
    used.addAll(DiskFiles.of(storage, layer));
    used.add(DeltaFiles.stampOf(layer.fileName()));
  }
}
