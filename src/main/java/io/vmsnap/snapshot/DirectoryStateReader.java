package io.vmsnap.snapshot;

import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.DirectoryFormat;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** Collects for planners what they may not read themselves. */
final class DirectoryStateReader {
  private DirectoryStateReader() {}

  static DirectoryState read(VmDirectory directory) throws IOException {
    VmStorage storage = directory.storage();
    List<DiskState> disks =
        directory.disks().stream()
            .map(
                d ->
                    new DiskState(
                        d.address(),
                        d.name(),
                        d.base().fileName(),
                        d.active().fileName(),
                        d.capacityBytes(),
                        d.independent()))
            .toList();
    return new DirectoryState(
        directory.name(),
        directory.vmx(),
        directory.vmsd(),
        disks,
        Set.copyOf(storage.list("")),
        Set.copyOf(storage.list(DirectoryFormat.FOLDER)),
        storage.space());
  }
}
