package io.vmsnap.snapshot;

import io.vmsnap.disk.delta.DeltaFiles;
import io.vmsnap.disk.vmdk.ContentId;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.snapshot.CreatePlan.NewFile;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.DamagedFileException;
import io.vmsnap.vmdir.DiskFiles;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmsdFile;
import io.vmsnap.vmdir.VmxDisk;
import io.vmsnap.vmdir.VmxFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Decides what a merge writes; reads descriptors, changes nothing. */
final class MergePlanner {
  private static final String LONG_CONTENT_ID = "ddb.longContentID";
  private static final int CID_DIGITS = 8;

  private MergePlanner() {}

  static MergePlan plan(MergeView view, DiskTree.Link link, String requestId) throws IOException {
    VmStorage storage = view.storage();
    DiskTree tree = view.tree();
    String parent = link.parent();
    String child = link.child();
    DiskDescriptor gone = DiskDescriptor.read(storage, child);
    List<NewFile> files = new ArrayList<>();
    List<String> frozenChildren = new ArrayList<>();
    for (String above : tree.children(child)) {
      files.add(file(DiskDescriptor.read(storage, above).withParent(gone.cid(), parent)));
      if (!tree.isActive(above)) {
        frozenChildren.add(above);
      }
    }
    files.add(file(withCid(DiskDescriptor.read(storage, parent), gone.cid())));
    VmsdFile vmsd = named(view.vmsd(), child, parent);
    files.add(new NewFile(vmsd.file(), vmsd.toBytes()));
    VmxFile vmx = named(view.vmx(), child, parent);
    files.add(new NewFile(vmx.file(), vmx.toBytes()));
    Optional<String> overlay = tree.aboveInActiveChain(child);
    return new MergePlan(
        requestId,
        parent,
        child,
        tree.isActive(child),
        overlay.orElse(null),
        overlay.isPresent() && tree.isActive(overlay.get()),
        frozenChildren,
        files,
        filesOf(storage, gone));
  }

  /** All files of a disk; the descriptor, without which there is no disk, first. */
  static List<String> filesOf(VmStorage storage, DiskDescriptor disk) throws IOException {
    Set<String> files = new LinkedHashSet<>(DiskFiles.of(storage, disk));
    files.add(DeltaFiles.of(disk.fileName()).stamp());
    return List.copyOf(files);
  }

  private static NewFile file(DiskDescriptor text) throws IOException {
    return new NewFile(text.fileName(), text.toBytes());
  }

  /** The content is the child's, and so is its id: whoever is on the child stays right. */
  static DiskDescriptor withCid(DiskDescriptor disk, ContentId cid) {
    DiskDescriptor changed = disk.withCid(cid);
    String id = changed.entry(LONG_CONTENT_ID).orElse("");
    return id.length() < CID_DIGITS
        ? changed
        : changed.withEntry(LONG_CONTENT_ID, id.substring(0, id.length() - CID_DIGITS) + cid);
  }

  static VmsdFile named(VmsdFile vmsd, String before, String after) throws DamagedFileException {
    VmsdFile changed = vmsd;
    for (SnapshotEntry snapshot : vmsd.snapshots()) {
      for (int k = 0; k < snapshot.disks().size(); k++) {
        if (snapshot.disks().get(k).fileName().equals(before)) {
          changed = changed.withDiskFile(snapshot.uid(), k, after);
        }
        if (snapshot.property(SnapshotEntry.writesTo(k)).equals(Optional.of(before))) {
          changed = changed.withProperty(snapshot.uid(), SnapshotEntry.writesTo(k), after);
        }
      }
    }
    return changed;
  }

  static VmxFile named(VmxFile vmx, String before, String after) {
    VmxFile changed = vmx;
    for (VmxDisk disk : vmx.disks()) {
      if (disk.fileName().equals(before)) {
        changed = changed.withDisk(disk.address(), disk.name(), after);
      }
    }
    return changed;
  }
}
