package io.vmsnap.snapshot;

import io.vmsnap.snapshot.CreatePlan.NewDelta;
import io.vmsnap.snapshot.CreatePlan.NewFile;
import io.vmsnap.snapshot.CreatePlan.NewMemory;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.DamagedFileException;
import io.vmsnap.vmdir.PowerState;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmsdFile;
import io.vmsnap.vmdir.VmsnFile;
import io.vmsnap.vmdir.VmxFile;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Decides what a snapshot will write. Pure: the same state and request give the same plan. */
public final class CreatePlanner {
  private static final UUID NO_UUID = new UUID(0, 0);

  private CreatePlanner() {}

  /**
   * @throws RefusedException with the reason and, in its message, what to change
   */
  public static CreatePlan plan(
      DirectoryState state, CreateSnapshotTask task, PowerState power, Instant now)
      throws RefusedException {
    CreateRequestCheck.check(task);
    if (task.memory() && power != PowerState.PoweredOn) {
      throw new RefusedException(
          TaskReason.MemoryNotAvailable,
          "the machine is powered off and has no memory to keep; power it on, or set memory to"
              + " false");
    }
    CreateDirectoryCheck.check(state, task);
    long uid = state.vmsd().lastUid() + 1;
    String stateFile = stateFile(state, uid);
    if (state.files().contains(stateFile)) {
      throw new RefusedException(
          TaskReason.DirectoryDamaged,
          stateFile
              + " exists, although no snapshot ever had the uid "
              + uid
              + ": "
              + state.vmsd().file()
              + " was lost or replaced. Restore it, or move the file away");
    }
    List<NewDelta> deltas = deltas(state);
    VmxFile vmx = state.vmx();
    for (int i = 0; i < deltas.size(); i++) {
      DiskState disk = state.disks().get(i);
      vmx = vmx.withDisk(disk.address(), disk.name(), deltas.get(i).delta());
    }
    VmsdFile vmsd = state.vmsd().withSnapshot(entry(state, task, power, now, uid, deltas));
    VmsnFile vmsn = machineState(state, uid, now, power);
    List<NewFile> files = new ArrayList<>();
    if (!task.memory()) { // with memory the file is complete before
      files.add(new NewFile(stateFile, vmsn.toBytes()));
    }
    files.add(new NewFile(vmx.file(), vmx.toBytes()));
    files.add(new NewFile(vmsd.file(), vmsd.toBytes()));
    return new CreatePlan(
        task.requestId(),
        uid,
        deltas,
        task.memory()
            ? new NewMemory(stateFile, VmsnFile.memoryOffset(vmsn.configuration()))
            : null,
        List.copyOf(files));
  }

  /** The content of the {@code .vmsn} but for the memory. */
  static VmsnFile machineState(DirectoryState state, long uid, Instant now, PowerState power)
      throws RefusedException {
    return new VmsnFile(uuid(state.vmx()), uid, now, power, state.vmx().toBytes());
  }

  private static String stateFile(DirectoryState state, long uid) {
    return state.vmName() + "-Snapshot" + uid + ".vmsn";
  }

  private static List<NewDelta> deltas(DirectoryState state) throws RefusedException {
    Set<String> files = new HashSet<>(state.files());
    List<NewDelta> deltas = new ArrayList<>();
    for (DiskState disk : state.disks()) {
      String name = DeltaNames.next(disk.base(), files, state.indexes());
      files.add(name); // two disks of one stem must not get one name
      deltas.add(new NewDelta(disk.address().toString(), disk.active(), name));
    }
    return deltas;
  }

  private static SnapshotEntry entry(
      DirectoryState state,
      CreateSnapshotTask task,
      PowerState power,
      Instant now,
      long uid,
      List<NewDelta> deltas) {
    Map<String, String> properties = new HashMap<>();
    properties.put(SnapshotEntry.REQUEST_ID, task.requestId());
    properties.put(SnapshotEntry.POWER_STATE, power.name());
    properties.put(SnapshotEntry.CONSISTENCY, task.memory() ? "Memory" : "Crash");
    if (task.quiesce() != null && !task.quiesce().equals("None")) {
      // what else becomes of it is observed, and recorded later
      if (power != PowerState.PoweredOn) {
        properties.put(SnapshotEntry.QUIESCE, Quiescing.POWERED_OFF);
      } else if (task.memory()) {
        properties.put(SnapshotEntry.QUIESCE, Quiescing.NOT_NEEDED);
      }
    }
    for (int k = 0; k < deltas.size(); k++) {
      properties.put(SnapshotEntry.writesTo(k), deltas.get(k).delta());
    }
    return new SnapshotEntry(
        uid,
        state.vmsd().currentUid().orElse(null),
        stateFile(state, uid),
        task.displayName(),
        task.description() == null ? "" : task.description(),
        now,
        task.memory(),
        state.disks().stream()
            .map(d -> new SnapshotDisk(d.address().toString(), d.active()))
            .toList(),
        properties);
  }

  private static UUID uuid(VmxFile vmx) throws RefusedException {
    try {
      return vmx.uuid().orElse(NO_UUID);
    } catch (DamagedFileException e) {
      throw new RefusedException(TaskReason.DirectoryDamaged, e.getMessage(), e);
    }
  }
}
