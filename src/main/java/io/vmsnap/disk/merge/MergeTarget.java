package io.vmsnap.disk.merge;

import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;

/**
 * The disk that takes a child's content.
 *
 * @param descriptor for messages
 * @param extent the file with the data
 * @param dataOffset byte of the extent at which the guest's byte 0 lies
 * @param capacity bytes of the guest's disk
 * @param delta null for a base disk
 */
public record MergeTarget(
    String descriptor, String extent, long dataOffset, long capacity, DeltaDisk delta) {

  /** The disk of that descriptor, base or delta. */
  public static MergeTarget open(VmStorage storage, String descriptor) throws IOException {
    DiskDescriptor text = DiskDescriptor.read(storage, descriptor);
    if (text.parentFileNameHint().isEmpty()) {
      BaseDisk base = BaseDisk.open(storage, text);
      return new MergeTarget(descriptor, base.extent(), 0, base.capacity(), null);
    }
    DeltaDisk delta = DeltaDisk.open(storage, text);
    return new MergeTarget(
        descriptor,
        delta.files().extent(),
        delta.layout().dataOffset(),
        delta.layout().capacity(),
        delta);
  }
}
