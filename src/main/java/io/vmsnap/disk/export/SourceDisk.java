package io.vmsnap.disk.export;

import io.vmsnap.disk.LayeredDisk;
import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.disk.chain.ChainContent;
import io.vmsnap.disk.chain.ChainLayer;
import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.disk.delta.DeltaFiles;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.disk.vmdk.VmdkChain;
import io.vmsnap.disk.vmdk.VmdkLayer;
import io.vmsnap.storage.VmStorage;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A disk to read with all its layers: one of ours through its live indexes, which are never behind
 * the content, or one that VMware left.
 *
 * @param disk the whole disk
 * @param layers the active one first, the base last
 * @param descriptors of the layers
 */
public record SourceDisk(
    VirtualDisk disk, List<VirtualDisk> layers, List<DiskDescriptor> descriptors)
    implements Closeable {
  /** Opens the disk of that descriptor. Nobody may write its topmost layer meanwhile. */
  public static SourceDisk open(VmStorage storage, String name) throws IOException {
    return storage.exists(DeltaFiles.FOLDER + "/format.json")
        ? ofOurs(storage, name)
        : ofForeign(storage, name);
  }

  private static SourceDisk ofOurs(VmStorage storage, String name) throws IOException {
    DiskChain chain = DiskChain.open(storage, name);
    List<DiskDescriptor> descriptors = new ArrayList<>();
    for (ChainLayer layer : chain.layers()) {
      descriptors.addFirst(DiskDescriptor.read(storage, layer.descriptor()));
    }
    ChainContent content = chain.content(storage, DiskChain.View.INDEX);
    return new SourceDisk(content, content.layers().reversed(), descriptors);
  }

  /** Opens a disk that was made elsewhere. */
  public static SourceDisk ofForeign(VmStorage storage, String name) throws IOException {
    LayeredDisk disk = VmdkChain.open(storage, name);
    List<DiskDescriptor> descriptors =
        disk.layers().stream().map(layer -> ((VmdkLayer) layer).descriptor()).toList();
    return new SourceDisk(disk, disk.layers(), descriptors);
  }

  public DiskDescriptor descriptor() {
    return descriptors.getFirst();
  }

  /** Entries of the base's disk data base, which describe the virtual hardware. */
  Map<String, String> dataBase() {
    return descriptors.getLast().dataBase();
  }

  @Override
  public void close() throws IOException {
    disk.close();
  }
}
