package io.vmsnap.snapshot.step;

import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.Seal;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;

/**
 * Brings the grain tables of an active disk up to date while no machine writes to it; a base disk
 * has none.
 *
 * @param disk its descriptor
 */
public record SealDisk(VmStorage storage, String disk) implements Step {
  @Override
  public String description() {
    return "seal " + disk;
  }

  @Override
  public void apply() throws IOException {
    DiskDescriptor descriptor = DiskDescriptor.read(storage, disk);
    if (descriptor.createType().equalsIgnoreCase(DeltaDisk.CREATE_TYPE)) {
      DeltaDisk delta = DeltaDisk.open(storage, descriptor);
      if (delta.header(storage).uncleanShutdown()) {
        Seal.run(storage, delta);
      }
    }
  }
}
