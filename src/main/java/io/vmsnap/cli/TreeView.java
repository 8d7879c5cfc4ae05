package io.vmsnap.cli;

import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.DiskFiles;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.SnapshotTree;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code vmsnap tree} prints.
 *
 * @param activeBytes what the disks take that are written now
 */
record TreeView(String vm, Long currentUid, long activeBytes, List<SnapshotView> snapshots) {
  static TreeView of(VmDirectory directory) throws IOException {
    VmStorage storage = directory.storage();
    SnapshotTree tree = directory.vmsd().tree();
    List<SnapshotView> roots = new ArrayList<>();
    for (SnapshotEntry root : tree.roots()) {
      roots.add(SnapshotView.of(storage, tree, root));
    }
    long active = 0;
    for (VmDisk disk : directory.disks()) {
      active += DiskFiles.allocatedBytes(storage, disk.active());
    }
    return new TreeView(
        directory.name(), directory.vmsd().currentUid().orElse(null), active, roots);
  }
}
