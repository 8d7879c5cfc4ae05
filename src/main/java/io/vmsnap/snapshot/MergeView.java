package io.vmsnap.snapshot;

import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmsdFile;
import io.vmsnap.vmdir.VmxFile;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/**
 * What a row of merges knows of the directory. Under the operation's lock a merge changes it in a
 * way that is known beforehand, so that it need not be read again for each of many disks: reading
 * takes as long as there are disks, and all of it as long as their square.
 *
 * @param files names of the directory's own files, as they were read or must be by now: a file that
 *     somebody else has made meanwhile, such as a clone of a disk, is seen by its name
 * @param read the directory as it was read; null once a merge was reckoned in
 */
record MergeView(
    VmStorage storage,
    VmDirectory read,
    VmxFile vmx,
    VmsdFile vmsd,
    DiskTree tree,
    Set<String> files) {

  static MergeView read(VmStorage storage) throws IOException {
    // before the rest: what appears while that is read shows as a difference
    Set<String> files = Set.copyOf(storage.list(""));
    VmDirectory directory = VmDirectory.open(storage);
    return new MergeView(
        storage, directory, directory.vmx(), directory.vmsd(), DiskTree.read(directory), files);
  }

  /** Whether it was read, and not reckoned. */
  boolean isRead() {
    return read != null;
  }

  /** Whether the directory has the files that it must have; those of {@code .vmsnap} are ours. */
  boolean isCurrent() throws IOException {
    return files.equals(Set.copyOf(storage.list("")));
  }

  /** As it is when that merge has been done to its end. */
  MergeView after(DiskTree.Link link, MergePlan plan) throws IOException {
    Set<String> left = new HashSet<>(files);
    plan.discarded().forEach(left::remove);
    return new MergeView(
        storage,
        null,
        MergePlanner.named(vmx, link.child(), link.parent()),
        MergePlanner.named(vmsd, link.child(), link.parent()),
        tree.without(link),
        left);
  }
}
