package io.vmsnap.cli;

import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.disk.vmdk.VmdkChain;
import io.vmsnap.disk.vmdk.VmdkLayer;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.VolumeSpace;
import io.vmsnap.vmdir.DirectoryFormat;
import io.vmsnap.vmdir.DiskFiles;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What {@code vmsnap info} prints. */
record InfoView(
    String vm, int snapshots, VolumeSpace volume, List<DiskView> disks, List<FileView> files) {
  static InfoView of(VmDirectory directory) throws IOException {
    VmStorage storage = directory.storage();
    List<DiskView> disks =
        directory.disks().stream()
            .map(
                d ->
                    new DiskView(
                        d.address().toString(),
                        d.name(),
                        d.capacityBytes(),
                        d.chain().stream().map(DiskDescriptor::fileName).toList()))
            .toList();
    Map<String, String> roles = roles(directory);
    List<FileView> files = new ArrayList<>();
    for (String name : storage.list("")) {
      files.add(file(storage, name, roles));
    }
    for (String name : storage.list(DirectoryFormat.FOLDER)) {
      files.add(file(storage, DirectoryFormat.FOLDER + "/" + name, roles));
    }
    return new InfoView(
        directory.name(), directory.vmsd().snapshots().size(), storage.space(), disks, files);
  }

  private static FileView file(VmStorage storage, String name, Map<String, String> roles)
      throws IOException {
    boolean own = name.startsWith(DirectoryFormat.FOLDER + "/");
    return new FileView(
        name,
        roles.getOrDefault(name, own ? "internal" : "other"),
        storage.size(name),
        storage.allocatedBytes(name));
  }

  private static Map<String, String> roles(VmDirectory directory) throws IOException {
    VmStorage storage = directory.storage();
    Map<String, String> roles = new HashMap<>();
    for (SnapshotEntry snapshot : directory.vmsd().snapshots()) {
      roles.put(snapshot.stateFile(), "state of snapshot " + snapshot.uid());
      for (SnapshotDisk disk : snapshot.disks()) {
        if (storage.exists(disk.fileName())) {
          for (String layer : VmdkChain.names(storage, disk.fileName())) {
            addDisk(storage, roles, VmdkLayer.readDescriptor(storage, layer), "other branch");
          }
        }
      }
    }
    for (VmDisk disk : directory.disks()) {
      for (DiskDescriptor layer : disk.chain()) {
        String part = layer == disk.active() ? "active" : "frozen";
        addDisk(storage, roles, layer, part);
      }
    }
    roles.put(directory.vmx().file(), "configuration");
    roles.put(directory.vmsd().file(), "snapshot history");
    return roles;
  }

  private static void addDisk(
      VmStorage storage, Map<String, String> roles, DiskDescriptor disk, String part)
      throws IOException {
    String kind = disk.parentFileNameHint().isPresent() ? "delta disk" : "base disk";
    for (String file : DiskFiles.of(storage, disk)) {
      String what = file.equals(disk.fileName()) ? "" : file.endsWith(".idx") ? " index" : " data";
      roles.put(file, kind + what + ", " + part);
    }
  }
}
