package io.vmsnap.snapshot;

import io.vmsnap.storage.VolumeSpace;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.vmdir.DiskAddress;
import io.vmsnap.vmdir.VmsdFile;
import io.vmsnap.vmdir.VmxFile;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** States and requests for planner tests. */
final class DirectoryStates {
  static final long GIB = 1L << 30;

  private DirectoryStates() {}

  /** A machine {@code web} with that many disks of 10 GiB, without snapshots, on 100 GiB. */
  static DirectoryState fresh(int disks) {
    VmxFile vmx =
        VmxFile.create("web.vmx", "web", UUID.fromString("564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7"));
    List<DiskState> states = new ArrayList<>();
    Set<String> files = new HashSet<>(Set.of("web.vmx", "web.vmsd"));
    for (int k = 0; k < disks; k++) {
      String stem = k == 0 ? "web" : "web_" + k;
      DiskAddress address = DiskAddress.ofPosition(k);
      vmx = vmx.withDisk(address, "disk" + k, stem + ".vmdk");
      files.addAll(Set.of(stem + ".vmdk", stem + "-flat.vmdk"));
      states.add(
          new DiskState(address, "disk" + k, stem + ".vmdk", stem + ".vmdk", 10 * GIB, false));
    }
    return new DirectoryState(
        "web",
        vmx,
        VmsdFile.empty("web.vmsd"),
        states,
        files,
        Set.of(),
        new VolumeSpace(100 * GIB, 100 * GIB));
  }

  static DirectoryState withFiles(DirectoryState state, String... more) {
    Set<String> files = new HashSet<>(state.files());
    files.addAll(List.of(more));
    return new DirectoryState(
        state.vmName(),
        state.vmx(),
        state.vmsd(),
        state.disks(),
        files,
        state.indexes(),
        state.space());
  }

  static DirectoryState withIndexes(DirectoryState state, String... indexes) {
    return new DirectoryState(
        state.vmName(),
        state.vmx(),
        state.vmsd(),
        state.disks(),
        state.files(),
        Set.of(indexes),
        state.space());
  }

  static DirectoryState withFree(DirectoryState state, long bytes) {
    return new DirectoryState(
        state.vmName(),
        state.vmx(),
        state.vmsd(),
        state.disks(),
        state.files(),
        state.indexes(),
        new VolumeSpace(state.space().capacityBytes(), bytes));
  }

  static DirectoryState withVmsd(DirectoryState state, VmsdFile vmsd) {
    return new DirectoryState(
        state.vmName(),
        state.vmx(),
        vmsd,
        state.disks(),
        state.files(),
        state.indexes(),
        state.space());
  }

  static DirectoryState withDisk(DirectoryState state, int position, DiskState disk) {
    List<DiskState> disks = new ArrayList<>(state.disks());
    disks.set(position, disk);
    return new DirectoryState(
        state.vmName(),
        state.vmx(),
        state.vmsd(),
        disks,
        state.files(),
        state.indexes(),
        state.space());
  }

  static CreateSnapshotTask task() {
    return new CreateSnapshotTask("r-1", "before upgrade", "why", false, "None", 0, 600, 32, 20);
  }
}
