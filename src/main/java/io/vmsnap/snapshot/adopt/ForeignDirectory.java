package io.vmsnap.snapshot.adopt;

import io.vmsnap.disk.LayeredDisk;
import io.vmsnap.disk.UnsupportedDiskException;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.disk.vmdk.DiskPath;
import io.vmsnap.disk.vmdk.VmdkChain;
import io.vmsnap.disk.vmdk.VmdkLayer;
import io.vmsnap.snapshot.RefusedException;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmsdFile;
import io.vmsnap.vmdir.VmxDisk;
import io.vmsnap.vmdir.VmxFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A VM directory that VMware's programs made: configuration, history, and every disk that the
 * machine or one of its snapshots uses.
 *
 * @param vmx with plain names of the disks instead of paths
 * @param vmsd likewise, and with a note at snapshots whose memory cannot be resumed here
 * @param layers parents before their children
 * @param frozen names of the layers that a snapshot or a child needs unchanged
 * @param notes what the user should know
 * @param replaced files that the adopted machine has under another name, or not at all
 */
record ForeignDirectory(
    String name,
    VmxFile vmx,
    VmsdFile vmsd,
    List<ForeignLayer> layers,
    Set<String> frozen,
    List<String> notes,
    List<String> replaced) {
  private static final String VMWARE = "vmware";

  /** VMware's form of the firmware's variables, which QEMU's firmware does not read. */
  private static final String NVRAM = ".nvram";

  static ForeignDirectory read(VmStorage storage) throws IOException, RefusedException {
    String name = VmDirectory.findName(storage);
    VmxFile vmx = VmDirectory.readVmx(storage, name);
    VmsdFile vmsd = VmDirectory.readVmsd(storage, name);
    requireNotOpen(storage, vmx.file());
    List<String> notes = new ArrayList<>();
    vmx.get("checkpoint.vmState")
        .filter(state -> !state.isEmpty())
        .ifPresent(
            state ->
                notes.add(
                    "the machine was suspended ("
                        + state
                        + "): its memory cannot be resumed here, it starts as after a power cut"));
    Set<String> used = new LinkedHashSet<>();
    Set<String> frozen = new LinkedHashSet<>();
    for (VmxDisk disk : vmx.disks()) {
      String file = DiskPath.of(storage, vmx.file(), disk.fileName());
      if (!file.equals(disk.fileName())) {
        vmx = vmx.with(disk.address() + ".fileName", file);
      }
      used.add(file);
    }
    for (SnapshotEntry snapshot : vmsd.snapshots()) {
      vmsd = adopt(storage, vmsd, snapshot, used, frozen);
      if (snapshot.memory()) {
        vmsd = vmsd.withProperty(snapshot.uid(), SnapshotEntry.MEMORY_FORMAT, VMWARE);
        notes.add(
            "snapshot "
                + snapshot.uid()
                + " \""
                + snapshot.displayName()
                + "\" has memory of VMware's ("
                + snapshot.stateFile()
                + "), which QEMU cannot resume; the file is kept, its disks are adopted");
      }
    }
    Map<String, ForeignLayer> layers = new LinkedHashMap<>();
    for (String disk : used) {
      addChain(storage, VmdkChain.names(storage, disk), layers, frozen);
    }
    return new ForeignDirectory(
        name, vmx, vmsd, List.copyOf(layers.values()), frozen, notes, List.of(name + NVRAM));
  }

  /** The same machine with another name for its configuration and history. */
  ForeignDirectory named(String newName) throws IOException {
    if (newName.equals(name)) {
      return this;
    }
    return new ForeignDirectory(
        newName,
        VmxFile.parse(newName + ".vmx", vmx.toBytes()),
        VmsdFile.parse(newName + ".vmsd", vmsd.toBytes()),
        layers,
        frozen,
        notes,
        List.of(vmx.file(), vmsd.file(), name + NVRAM, newName + NVRAM));
  }

  private static VmsdFile adopt(
      VmStorage storage,
      VmsdFile vmsd,
      SnapshotEntry snapshot,
      Set<String> used,
      Set<String> frozen)
      throws IOException {
    VmsdFile changed = vmsd;
    for (int i = 0; i < snapshot.disks().size(); i++) {
      SnapshotDisk disk = snapshot.disks().get(i);
      String file = DiskPath.of(storage, vmsd.file(), disk.fileName());
      if (!file.equals(disk.fileName())) {
        changed = changed.withDiskFile(snapshot.uid(), i, file);
      }
      used.add(file);
      frozen.add(file);
    }
    return changed;
  }

  private static void addChain(
      VmStorage storage, List<String> chain, Map<String, ForeignLayer> layers, Set<String> frozen)
      throws IOException, RefusedException {
    long capacity = -1;
    for (int i = chain.size() - 1; i >= 0; i--) {
      String name = chain.get(i);
      if (i > 0) {
        frozen.add(name);
      }
      ForeignLayer layer = layers.get(name);
      if (layer == null) {
        layer = open(storage, chain.subList(i, chain.size()));
        layers.put(name, layer);
      }
      if (capacity >= 0 && capacity != layer.descriptor().capacity()) {
        throw new UnsupportedDiskException(
            name, "capacity", "differs from its parent's: the disk was resized under a snapshot");
      }
      capacity = layer.descriptor().capacity();
    }
  }

  private static ForeignLayer open(VmStorage storage, List<String> chain)
      throws IOException, RefusedException {
    String name = chain.getFirst();
    if (name.indexOf('/') >= 0 || !name.endsWith(".vmdk")) {
      throw new RefusedException(
          TaskReason.DiskNotSupported,
          name + ": a disk must be a file NAME.vmdk directly in the VM directory");
    }
    requireNotOpen(storage, name);
    try (VmdkLayer layer = VmdkLayer.open(storage, name)) {
      DiskDescriptor descriptor = layer.descriptor();
      return new ForeignLayer(descriptor, List.copyOf(chain), layer.files());
    }
  }

  /** Whether VMware has the file open: Workstation makes NAME.lck folders, ESXi files. */
  private static void requireNotOpen(VmStorage storage, String file)
      throws IOException, RefusedException {
    if (storage.exists(file + ".lck")) {
      throw new RefusedException(
          TaskReason.VMBusy,
          file
              + ".lck exists: the machine is open in VMware. Power it off and close it there; if"
              + " that was a crash, delete the .lck folders");
    }
  }

  /** A layer with its ancestors, for reading. */
  static LayeredDisk open(VmStorage storage, ForeignLayer layer) throws IOException {
    return VmdkChain.open(storage, layer.name());
  }
}
