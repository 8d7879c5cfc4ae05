package io.vmsnap.snapshot.step;

import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.Seal;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.DiskFiles;
import java.io.IOException;

/**
 * Makes a disk that is written no more what it will stay: a delta is sealed, so that VMware's
 * programs read it, then all files of the disk become read-only.
 *
 * @param disk its descriptor
 */
public record FreezeDisk(VmStorage storage, String disk) implements Step {
  @Override
  public String description() {
    return "freeze " + disk;
  }

  @Override
  public void apply() throws IOException {
    DiskDescriptor descriptor = DiskDescriptor.read(storage, disk);
    if (descriptor.createType().equalsIgnoreCase(DeltaDisk.CREATE_TYPE)) {
      DeltaDisk delta = DeltaDisk.open(storage, descriptor);
      if (delta.header(storage).uncleanShutdown()) {
        // An attempt that was cut off may have made it read-only already.
        storage.setReadOnly(delta.files().extent(), false);
        Seal.run(storage, delta);
      }
    }
    for (String file : DiskFiles.of(storage, descriptor)) {
      storage.setReadOnly(file, true);
    }
  }
}
