package io.vmsnap.snapshot;

import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.SnapshotResult;
import io.vmsnap.task.SnapshotResult.DiskResult;
import io.vmsnap.task.SnapshotResult.MemoryResult;
import io.vmsnap.task.SnapshotResult.QuiesceResult;
import io.vmsnap.task.SnapshotResult.StorageResult;
import io.vmsnap.task.SnapshotResult.Timing;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.DiskFiles;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.SnapshotSize;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import io.vmsnap.vmdir.VmsnFile;
import io.vmsnap.vmdir.VmsnMemory;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Tells what a snapshot came to by reading the directory again, not by trusting the plan. */
final class ResultReader {
  private final VmStorage storage;
  private final Clock clock;

  ResultReader(VmStorage storage, Clock clock) {
    this.storage = storage;
    this.clock = clock;
  }

  /**
   * @param taken {@link Taken#BEFORE} if the snapshot was taken by an earlier attempt
   */
  SnapshotResult read(String requestId, long requiredBytes, Taken taken, Duration total)
      throws IOException {
    VmDirectory directory = VmDirectory.open(storage);
    SnapshotEntry snapshot =
        directory.vmsd().snapshots().stream()
            .filter(s -> s.property(SnapshotEntry.REQUEST_ID).equals(Optional.of(requestId)))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("no snapshot of request " + requestId));
    List<DiskResult> disks = new ArrayList<>();
    for (int k = 0; k < snapshot.disks().size(); k++) {
      SnapshotDisk frozen = snapshot.disks().get(k);
      DiskDescriptor descriptor = DiskDescriptor.read(storage, frozen.fileName());
      String writesTo = snapshot.property(SnapshotEntry.writesTo(k)).orElse(null);
      disks.add(
          new DiskResult(
              frozen.node(),
              name(directory, frozen.node()),
              frozen.fileName(),
              writesTo,
              descriptor.capacity(),
              DiskFiles.allocatedBytes(storage, descriptor),
              descriptor.cid().toString(),
              descriptor.parentCid().toString()));
    }
    return new SnapshotResult(
        snapshot.uid(),
        snapshot.parentUid(),
        snapshot.property(SnapshotEntry.POWER_STATE).orElse(null),
        snapshot.property(SnapshotEntry.CONSISTENCY).orElse(null),
        snapshot.stateFile(),
        disks,
        new StorageResult(
            SnapshotSize.of(storage, snapshot).bytes(), requiredBytes, storage.space().freeBytes()),
        new Timing(
            taken.freezeMillis(),
            taken.stun() == null ? null : millis(taken.stun()),
            millis(total)),
        snapshot.createTime(),
        clock.instant(),
        memory(snapshot),
        taken.quiesce() == null ? quiesce(snapshot) : taken.quiesce());
  }

  private MemoryResult memory(SnapshotEntry snapshot) throws IOException {
    if (!snapshot.memory()) {
      return null;
    }
    VmsnMemory memory = VmsnFile.read(storage, snapshot.stateFile()).memory();
    return memory == null
        ? null
        : new MemoryResult(storage.allocatedBytes(snapshot.stateFile()), memory.method());
  }

  private static QuiesceResult quiesce(SnapshotEntry snapshot) {
    return snapshot
        .property(SnapshotEntry.QUIESCE)
        .map(
            reason ->
                new QuiesceResult(reason.equals("Frozen"), reason, told(reason), 0, null, null))
        .orElse(null);
  }

  private static String told(String reason) {
    return reason.equals(TaskReason.ThawedEarly.name())
        ? "The job that froze the guest did not live to see whether it stayed frozen"
        : "Told by the history";
  }

  private static String name(VmDirectory directory, String node) {
    return directory.disks().stream()
        .filter(d -> d.address().toString().equals(node))
        .map(VmDisk::name)
        .findFirst()
        .orElse(null);
  }

  private static double millis(Duration duration) {
    return duration.toNanos() / 1e6;
  }
}
