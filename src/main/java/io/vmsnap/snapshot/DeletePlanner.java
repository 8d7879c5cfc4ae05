package io.vmsnap.snapshot;

import io.vmsnap.disk.vmdk.VmdkLayer;
import io.vmsnap.snapshot.CreatePlan.NewFile;
import io.vmsnap.snapshot.RevertPlan.Abandoned;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.DeleteSnapshotTask;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.DamagedFileException;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.SnapshotTree;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmsdFile;
import io.vmsnap.vmdir.VmxFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Decides which snapshots, disks and files go; changes nothing. */
final class DeletePlanner {
  private DeletePlanner() {}

  /** What can be said without looking at the directory. */
  static void check(DeleteSnapshotTask task) throws RefusedException {
    if (task.requestId() == null || task.requestId().isBlank()) {
      throw invalid("requestId is missing");
    }
    if (task.snapshotUid() < 0 || task.snapshotUid() == 0 && !task.withDescendants()) {
      throw invalid(
          "snapshotUid is "
              + task.snapshotUid()
              + "; a uid is expected, or 0 together with withDescendants for all snapshots");
    }
    checkBandwidth(task.bandwidthBytesPerSecond());
  }

  static void checkBandwidth(long bytesPerSecond) throws RefusedException {
    if (bytesPerSecond < 0) {
      throw invalid(
          "bandwidthBytesPerSecond is " + bytesPerSecond + "; 0 (no limit) or more is expected");
    }
  }

  private static RefusedException invalid(String message) {
    return new RefusedException(TaskReason.InvalidRequest, message);
  }

  /** Uids of the snapshots that the task names and that are there, parents first. */
  static Set<Long> uids(VmsdFile vmsd, DeleteSnapshotTask task) throws DamagedFileException {
    SnapshotTree tree = vmsd.tree();
    Set<Long> uids = new TreeSet<>();
    if (task.snapshotUid() == 0) {
      vmsd.snapshots().forEach(s -> uids.add(s.uid()));
    } else if (vmsd.snapshot(task.snapshotUid()).isPresent()) {
      uids.add(task.snapshotUid());
      if (task.withDescendants()) {
        addDescendants(tree, task.snapshotUid(), uids);
      }
    }
    return uids;
  }

  private static void addDescendants(SnapshotTree tree, long uid, Set<Long> uids) {
    for (SnapshotEntry child : tree.children(uid)) {
      uids.add(child.uid());
      addDescendants(tree, child.uid(), uids);
    }
  }

  static DeletePlan plan(VmDirectory directory, Set<Long> uids, String requestId)
      throws IOException {
    VmStorage storage = directory.storage();
    VmsdFile history = directory.vmsd().withoutSnapshots(uids);
    List<Abandoned> discarded = new ArrayList<>();
    for (String disk : DiskTree.read(directory).unneeded(history)) {
      List<String> files = MergePlanner.filesOf(storage, VmdkLayer.readDescriptor(storage, disk));
      discarded.add(new Abandoned(disk, files, allocated(storage, files)));
    }
    Set<String> needed = new HashSet<>();
    history.snapshots().forEach(s -> needed.add(s.stateFile()));
    // A machine that was reverted while it was off has its memory there until it starts.
    directory.vmx().get(VmxFile.RESUME_FROM).ifPresent(needed::add);
    for (SnapshotEntry snapshot : directory.vmsd().snapshots()) {
      if (uids.contains(snapshot.uid()) && needed.add(snapshot.stateFile())) {
        List<String> files = List.of(snapshot.stateFile());
        discarded.add(new Abandoned(snapshot.stateFile(), files, allocated(storage, files)));
      }
    }
    return new DeletePlan(
        requestId, List.copyOf(uids), new NewFile(history.file(), history.toBytes()), discarded);
  }

  private static long allocated(VmStorage storage, List<String> files) throws IOException {
    long bytes = 0;
    for (String file : files) {
      bytes += storage.exists(file) ? storage.allocatedBytes(file) : 0;
    }
    return bytes;
  }
}
