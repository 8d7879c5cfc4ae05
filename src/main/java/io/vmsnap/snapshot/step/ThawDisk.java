package io.vmsnap.snapshot.step;

import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.DiskFiles;
import java.io.IOException;

/**
 * Makes all files of a frozen disk writable, as they were before it was frozen.
 *
 * @param disk its descriptor
 */
public record ThawDisk(VmStorage storage, String disk) implements Step {
  @Override
  public String description() {
    return "thaw " + disk;
  }

  @Override
  public void apply() throws IOException {
    for (String file : DiskFiles.of(storage, DiskDescriptor.read(storage, disk))) {
      storage.setReadOnly(file, false);
    }
  }
}
