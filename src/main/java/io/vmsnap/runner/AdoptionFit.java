package io.vmsnap.runner;

import io.vmsnap.disk.LayeredDisk;
import io.vmsnap.disk.vmdk.DiskPath;
import io.vmsnap.disk.vmdk.VmdkChain;
import io.vmsnap.snapshot.RefusedException;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmxDisk;
import io.vmsnap.vmdir.VmxFile;
import java.io.IOException;
import java.util.List;

/** Whether a directory to adopt holds the machine that the definition describes. Only reads. */
final class AdoptionFit {
  private final VmStorage storage;
  private final VmDefinition definition;

  AdoptionFit(VmStorage storage, VmDefinition definition) {
    this.storage = storage;
    this.definition = definition;
  }

  /**
   * @throws RefusedException naming the file, the field of the spec, and what to change
   */
  void check() throws IOException, RefusedException {
    VmxFile vmx = VmDirectory.readVmx(storage, VmDirectory.findName(storage));
    checkFirmware(vmx);
    checkDisks(vmx);
  }

  /** A guest that was installed with one firmware does not boot with the other. */
  private void checkFirmware(VmxFile vmx) throws RefusedException {
    String theirs = vmx.get("firmware").orElse("bios");
    String ours = definition.hardware().firmware();
    if (ours != null && definition.boot() == null && !theirs.equalsIgnoreCase(ours)) {
      throw refused(
          vmx.file()
              + " has firmware \""
              + theirs
              + "\", spec.hardware.firmware is \""
              + ours
              + "\": the guest would not boot; define the firmware that it was installed with");
    }
  }

  private void checkDisks(VmxFile vmx) throws IOException, RefusedException {
    List<VmxDisk> theirs = vmx.disks();
    List<VmDefinition.Disk> ours = definition.disks();
    if (theirs.size() != ours.size()) {
      throw refused(
          vmx.file()
              + " has "
              + theirs.size()
              + " disks ("
              + String.join(", ", theirs.stream().map(AdoptionFit::describe).toList())
              + "), spec.disks has "
              + ours.size()
              + "; define each of them, in this order. Others can be added after the adoption");
    }
    for (int i = 0; i < ours.size(); i++) {
      String source = ours.get(i).sourcePath();
      VmxDisk disk = theirs.get(i);
      List<String> chain =
          VmdkChain.names(storage, DiskPath.of(storage, vmx.file(), disk.fileName()));
      if (source != null && !chain.contains(source)) {
        throw refused(
            "spec.disks["
                + i
                + "].source.path is "
                + source
                + ", but that place in "
                + vmx.file()
                + " has "
                + describe(disk)
                + ", made of "
                + String.join(", ", chain));
      }
      checkSize(i, ours.get(i).sizeBytes(), chain.getFirst());
    }
  }

  private void checkSize(int place, Long size, String disk) throws IOException, RefusedException {
    if (size == null) {
      return;
    }
    try (LayeredDisk content = VmdkChain.open(storage, disk)) {
      if (content.capacity() != size) {
        throw refused(
            "spec.disks["
                + place
                + "].size is "
                + size
                + " bytes, but "
                + disk
                + " has "
                + content.capacity()
                + "; leave the size out and name the disk in source.path");
      }
    }
  }

  private static String describe(VmxDisk disk) {
    return disk.address() + " " + disk.fileName();
  }

  private static RefusedException refused(String message) {
    return new RefusedException(TaskReason.InvalidRequest, message);
  }
}
