package io.vmsnap.snapshot.adopt;

import io.vmsnap.disk.delta.DeltaFiles;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.disk.vmdk.DiskPath;
import io.vmsnap.disk.vmdk.Extent;
import io.vmsnap.disk.vmdk.ExtentType;
import io.vmsnap.storage.UnsafeNameException;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A VMDK of the directory to adopt.
 *
 * @param descriptor its text, from its own file or embedded
 * @param chain names of the descriptors, this one first, its base last
 * @param files all files it is made of
 */
record ForeignLayer(DiskDescriptor descriptor, List<String> chain, List<String> files) {
  String name() {
    return descriptor.fileName();
  }

  boolean isBase() {
    return chain.size() == 1;
  }

  String parent() {
    return chain.get(1);
  }

  /**
   * Whether it is already what a base disk is here: a descriptor of its own and one raw extent from
   * the start of a file.
   */
  boolean staysAsItIs() {
    List<Extent> extents = descriptor.extents();
    Extent first = extents.getFirst();
    return isBase()
        && extents.size() == 1
        && (first.type() == ExtentType.VMFS || first.type() == ExtentType.FLAT)
        && first.access() == Extent.Access.RW
        && first.offset() == 0
        && files.size() == 2
        && files.contains(first.fileName());
  }

  /** Whether VMware keeps a file that says which blocks changed since the last backup. */
  boolean isChangeTracked() {
    return descriptor.changeTrackPath().isPresent();
  }

  /**
   * The description without change tracking: nobody here keeps that file, and a backup that
   * believed it later would miss what was written here.
   */
  DiskDescriptor withoutChangeTracking() {
    return descriptor.without("changeTrackPath");
  }

  /** The file of the change tracking, if it is where the description says. */
  Optional<String> changeTrackingFile(VmStorage storage) throws IOException {
    Optional<String> path = descriptor.changeTrackPath();
    if (path.isEmpty()) {
      return path;
    }
    try {
      String file = DiskPath.of(storage, name(), path.get());
      return storage.exists(file) ? Optional.of(file) : Optional.empty();
    } catch (UnsafeNameException e) {
      return Optional.empty();
    }
  }

  /** The file that will hold its content. */
  String newExtent() {
    if (staysAsItIs()) {
      return descriptor.extents().getFirst().fileName();
    }
    return isBase()
        ? name().substring(0, name().length() - ".vmdk".length()) + "-flat.vmdk"
        : DeltaFiles.of(name()).extent();
  }

  /** All files it will be made of; empty if it stays as it is. */
  List<String> newFiles() {
    if (staysAsItIs()) {
      return List.of();
    }
    return isBase() ? List.of(newExtent(), name()) : DeltaFiles.of(name()).all();
  }
}
