package io.vmsnap.operator.reconciler.virtualmachine;

import io.vmsnap.api.v1alpha1.BinarySize;
import io.vmsnap.api.v1alpha1.Directory;
import io.vmsnap.api.v1alpha1.Disk;
import io.vmsnap.api.v1alpha1.VirtualMachineSpec;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.AcceptedDisk;
import io.vmsnap.operator.status.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What of a machine is settled: its claim and path, its disks' names, order, sources and least
 * sizes. The last accepted layout is kept in the status, because an API server without CEL lets a
 * user write anything, and a disk that vanished from the spec would vanish from the machine.
 *
 * @param claimName null before the first acceptance
 */
record AcceptedLayout(String claimName, String path, List<AcceptedDisk> disks) {

  static AcceptedLayout of(VirtualMachineStatus status) {
    return status.directory() == null
        ? new AcceptedLayout(null, null, status.disks())
        : new AcceptedLayout(
            status.directory().claimName(), status.directory().path(), status.disks());
  }

  /** The disks to write into the status of a machine whose spec is accepted. */
  static List<AcceptedDisk> disksOf(VirtualMachineSpec spec) {
    return spec.disks().stream()
        .map(
            disk ->
                new AcceptedDisk(
                    disk.name(), disk.size(), disk.source() == null ? null : disk.source().path()))
        .toList();
  }

  List<Violation> check(VirtualMachineSpec spec) {
    List<Violation> found = new ArrayList<>();
    if (claimName != null) {
      directory(found, spec.directory());
    }
    for (int i = 0; i < disks.size(); i++) {
      AcceptedDisk old = disks.get(i);
      if (i >= spec.disks().size() || !spec.disks().get(i).name().equals(old.name())) {
        found.add(
            new Violation(
                "spec.disks",
                "disks keep their names and order: one can be added at the end, none removed,"
                    + " renamed or moved; disk '"
                    + old.name()
                    + "' belongs at place "
                    + i));
        break;
      }
      disk(found, "spec.disks[" + i + "]", old, spec.disks().get(i));
    }
    return found;
  }

  private void directory(List<Violation> found, Directory directory) {
    if (directory.claimName() != null && !directory.claimName().equals(claimName)) {
      found.add(
          new Violation(
              "spec.directory.claimName",
              "claimName is immutable: the machine's disks are on that volume ("
                  + claimName
                  + ")"));
    }
    if (!Objects.equals(directory.path(), path)) {
      found.add(
          new Violation("spec.directory.path", "path is immutable: the machine's disks are there"));
    }
  }

  private static void disk(List<Violation> found, String field, AcceptedDisk old, Disk disk) {
    if (old.size() != null
        && (disk.size() == null
            || BinarySize.isValid(disk.size())
                && BinarySize.parse(disk.size()) < BinarySize.parse(old.size()))) {
      found.add(
          new Violation(
              field + ".size", "a disk cannot shrink; it has " + old.size() + " already"));
    }
    if (!Objects.equals(old.source(), disk.source() == null ? null : disk.source().path())) {
      found.add(new Violation(field + ".source", "source is immutable: the disk was made from it"));
    }
  }
}
