package io.vmsnap.snapshot;

import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.Seal;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Seals all deltas of a machine that is off, so that every VMDK reader sees the content of its
 * disks. The caller holds the operation lock. May be cut off and repeated.
 */
public final class Sealing {
  private Sealing() {}

  /** Returns the descriptors of the deltas whose tables lagged behind. */
  public static List<String> sealAll(VmDirectory directory) throws IOException {
    VmStorage storage = directory.storage();
    List<String> sealed = new ArrayList<>();
    for (VmDisk disk : directory.disks()) {
      DiskChain chain = DiskChain.open(storage, disk.active().fileName());
      for (DeltaDisk delta : chain.deltas()) {
        if (!delta.header(storage).uncleanShutdown()) {
          continue;
        }
        boolean frozen = delta != chain.deltas().getLast();
        if (frozen) {
          storage.setReadOnly(delta.files().extent(), false);
        }
        Seal.run(storage, delta);
        if (frozen) {
          storage.setReadOnly(delta.files().extent(), true);
        }
        sealed.add(delta.files().descriptor());
      }
    }
    return sealed;
  }

  /**
   * Marks the active deltas as written by the hypervisor; to be called before it is started, so
   * that nobody takes their tables for complete after a crash.
   */
  public static void markActive(VmDirectory directory) throws IOException {
    for (VmDisk disk : directory.disks()) {
      DiskChain chain = DiskChain.open(directory.storage(), disk.active().fileName());
      if (!chain.deltas().isEmpty()) {
        chain.deltas().getLast().markIndexAhead(directory.storage());
      }
    }
  }
}
