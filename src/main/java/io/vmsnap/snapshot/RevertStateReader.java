package io.vmsnap.snapshot;

import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.disk.delta.DeltaFiles;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.disk.vmdk.VmdkChain;
import io.vmsnap.snapshot.RevertPlan.Abandoned;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.DiskFiles;
import io.vmsnap.vmdir.RevertLedger;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import io.vmsnap.vmdir.VmsnFile;
import io.vmsnap.vmdir.VmxFile;
import io.vmsnap.vmdir.WaitingMemory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Collects what a revert must know about the directory and the snapshot. */
final class RevertStateReader {
  private RevertStateReader() {}

  /**
   * @throws RefusedException if there is no such snapshot
   * @throws io.vmsnap.disk.DiskException if a disk of the snapshot is missing or damaged
   * @throws io.vmsnap.vmdir.DamagedFileException if its state file is
   */
  static RevertState read(VmDirectory directory, long snapshotUid, RevertLedger ledger)
      throws IOException, RefusedException {
    VmStorage storage = directory.storage();
    SnapshotEntry target =
        directory
            .vmsd()
            .snapshot(snapshotUid)
            .orElseThrow(
                () ->
                    new RefusedException(
                        TaskReason.SnapshotNotFound,
                        directory.vmsd().file() + ": no snapshot has the uid " + snapshotUid));
    for (SnapshotDisk disk : target.disks()) {
      DiskChain.open(storage, disk.fileName()); // refuses damaged and foreign disks
    }
    return new RevertState(
        DirectoryStateReader.read(directory),
        target,
        configuration(directory, target),
        abandoned(directory),
        ledger);
  }

  /** VMware's programs keep it in a form of their own: then the machine's present one serves. */
  private static VmxFile configuration(VmDirectory directory, SnapshotEntry target)
      throws IOException {
    VmStorage storage = directory.storage();
    boolean foreign = target.property(SnapshotEntry.POWER_STATE).isEmpty();
    return foreign
        ? directory.vmx()
        : VmxFile.parse(
            directory.vmx().file(), VmsnFile.read(storage, target.stateFile()).configuration());
  }

  /**
   * A layer that any snapshot reaches stays, whatever branch that is on: deleting it would take
   * that snapshot's content. Base disks stay always.
   */
  private static List<Abandoned> abandoned(VmDirectory directory) throws IOException {
    VmStorage storage = directory.storage();
    Set<String> needed = new HashSet<>();
    for (SnapshotEntry snapshot : directory.vmsd().snapshots()) {
      for (SnapshotDisk disk : snapshot.disks()) {
        // A chain that cannot be read is an error: what it needs is not known.
        needed.addAll(VmdkChain.names(storage, disk.fileName()));
      }
    }
    List<Abandoned> abandoned = new ArrayList<>();
    for (VmDisk disk : directory.disks()) {
      for (DiskDescriptor layer : disk.chain().subList(1, disk.chain().size()).reversed()) {
        if (needed.contains(layer.fileName())) {
          break;
        }
        abandoned.add(disk(storage, layer));
      }
    }
    waitingMemory(directory).ifPresent(abandoned::add);
    return abandoned;
  }

  private static Abandoned disk(VmStorage storage, DiskDescriptor layer) throws IOException {
    // The descriptor first: what has none is no disk to anybody.
    Set<String> files = new LinkedHashSet<>(DiskFiles.of(storage, layer));
    files.add(DeltaFiles.of(layer.fileName()).stamp());
    return abandoned(storage, layer.fileName(), files);
  }

  /**
   * Memory from which the machine would go on and that is no snapshot's, or no longer, belongs to
   * the running state, and goes with it.
   */
  private static Optional<Abandoned> waitingMemory(VmDirectory directory) throws IOException {
    String file = directory.vmx().get(VmxFile.RESUME_FROM).orElse(null);
    return file != null
            && directory.storage().exists(file)
            && WaitingMemory.isOfNoSnapshot(directory.storage(), directory.name(), file)
        ? Optional.of(abandoned(directory.storage(), file, Set.of(file)))
        : Optional.empty();
  }

  private static Abandoned abandoned(VmStorage storage, String name, Set<String> files)
      throws IOException {
    long bytes = 0;
    for (String file : files) {
      bytes += storage.exists(file) ? storage.allocatedBytes(file) : 0;
    }
    return new Abandoned(name, List.copyOf(files), bytes);
  }
}
