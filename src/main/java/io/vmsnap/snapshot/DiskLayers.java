package io.vmsnap.snapshot;

import io.vmsnap.disk.chain.ChainLayer;
import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.hypervisor.DiskAttachment;
import io.vmsnap.hypervisor.DiskLayer;
import io.vmsnap.hypervisor.NodeName;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A directory's disks in the hypervisor's terms. */
public final class DiskLayers {
  private DiskLayers() {}

  /**
   * All disks of a machine, with their chains.
   *
   * @throws io.vmsnap.disk.DiskException if a disk does not have our layout, or is damaged
   */
  public static List<DiskAttachment> of(VmDirectory directory) throws IOException {
    List<DiskAttachment> attachments = new ArrayList<>();
    for (VmDisk disk : directory.disks()) {
      DiskChain chain = DiskChain.open(directory.storage(), disk.active().fileName());
      List<DiskLayer> layers = new ArrayList<>();
      for (ChainLayer layer : chain.layers()) {
        layers.add(layer(directory.storage(), layer));
      }
      String id = disk.address().toString();
      attachments.add(
          new DiskAttachment(id, disk.name() == null ? id : disk.name(), List.copyOf(layers)));
    }
    return attachments;
  }

  static DiskLayer ofDelta(VmStorage storage, String descriptor) throws IOException {
    DeltaDisk delta = DeltaDisk.open(storage, descriptor);
    return new DiskLayer(
        NodeName.of(descriptor),
        regular(storage, delta.files().extent()),
        regular(storage, delta.files().index()),
        delta.layout().dataOffset(),
        delta.layout().capacity());
  }

  /** A disk by itself, base or delta. */
  static DiskLayer ofDisk(VmStorage storage, String descriptor) throws IOException {
    return layer(storage, DiskChain.open(storage, descriptor).layers().getLast());
  }

  /** Node of a disk's parent; null for a base. */
  static String nodeBelow(VmStorage storage, String descriptor) throws IOException {
    List<ChainLayer> layers = DiskChain.open(storage, descriptor).layers();
    return layers.size() < 2 ? null : NodeName.of(layers.get(layers.size() - 2).descriptor());
  }

  private static DiskLayer layer(VmStorage storage, ChainLayer layer) throws IOException {
    return new DiskLayer(
        NodeName.of(layer.descriptor()),
        regular(storage, layer.extent()),
        layer.isBase() ? null : regular(storage, layer.index()),
        layer.dataOffset(),
        layer.capacity());
  }

  /** For QEMU to open, which would open a device too, and wait at a FIFO. */
  private static Path regular(VmStorage storage, String file) throws IOException {
    storage.size(file);
    return storage.path(file);
  }
}
