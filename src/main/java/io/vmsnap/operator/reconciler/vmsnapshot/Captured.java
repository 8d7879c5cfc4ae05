package io.vmsnap.operator.reconciler.vmsnapshot;

import io.vmsnap.api.v1alpha1.BinarySize;
import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Consistency;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Memory;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.SnapshotDisk;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Storage;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Timing;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.SnapshotEntry;
import io.vmsnap.operator.status.Millis;
import io.vmsnap.task.SnapshotResult;
import io.vmsnap.task.SnapshotResult.QuiesceResult;
import java.util.Arrays;
import java.util.List;

/** The part of a status that a job's result fills once and nothing changes later. */
record Captured(
    Long uid,
    Long parentUid,
    PowerState powerState,
    Consistency consistency,
    String memoryFile,
    Memory memory,
    List<SnapshotDisk> disks,
    Storage storage,
    Timing timing,
    String createTime) {

  private static final Captured NOTHING =
      new Captured(null, null, null, null, null, null, List.of(), null, null, null);

  static Captured of(VMSnapshotStatus status) {
    return status == null
        ? NOTHING
        : new Captured(
            status.uid(),
            status.parentUid(),
            status.powerState(),
            status.consistency(),
            status.memoryFile(),
            status.memory(),
            status.disks(),
            status.storage(),
            status.timing(),
            status.createTime());
  }

  /** What the directory tells of a snapshot that no job of ours took. */
  static Captured imported(SnapshotEntry entry) {
    boolean memory = Boolean.TRUE.equals(entry.memory());
    return new Captured(
        entry.uid(),
        entry.parentUid(),
        memory ? PowerState.PoweredOn : null,
        memory ? Consistency.Memory : null,
        null,
        null,
        List.of(),
        null,
        null,
        entry.createTime());
  }

  static Captured from(SnapshotResult result) {
    return new Captured(
        result.uid(),
        result.parentUid(),
        token(PowerState.values(), result.powerState()),
        token(Consistency.values(), result.consistency()),
        result.memoryFile(),
        result.memory() == null
            ? null
            : new Memory(BinarySize.round(result.memory().bytes()), result.memory().method()),
        result.disks() == null ? List.of() : result.disks().stream().map(Captured::disk).toList(),
        result.storage() == null
            ? null
            : new Storage(
                BinarySize.round(result.storage().usedBytes()),
                BinarySize.round(result.storage().requiredBytes()),
                BinarySize.round(result.storage().freeBytes())),
        timing(result),
        result.createTime() == null ? null : SnapshotStatusFactory.seconds(result.createTime()));
  }

  private static Timing timing(SnapshotResult result) {
    if (result.timing() == null) {
      return null;
    }
    QuiesceResult quiesce = result.quiesce();
    return new Timing(
        Millis.rounded(result.timing().freezeMillis()),
        quiesce == null ? null : Millis.rounded(quiesce.flushMillis()),
        quiesce == null ? null : Millis.rounded(quiesce.thawMillis()),
        Millis.rounded(result.timing().stunMillis()),
        Millis.rounded(result.timing().totalMillis()));
  }

  private static SnapshotDisk disk(SnapshotResult.DiskResult disk) {
    return new SnapshotDisk(
        disk.node(),
        disk.name(),
        disk.file(),
        disk.writesTo(),
        BinarySize.round(disk.capacityBytes()),
        BinarySize.round(disk.usedBytes()),
        disk.cid(),
        disk.parentCid());
  }

  /** A token of a newer job that this version does not know is left out rather than refused. */
  private static <T extends Enum<T>> T token(T[] known, String name) {
    return Arrays.stream(known).filter(value -> value.name().equals(name)).findFirst().orElse(null);
  }
}
