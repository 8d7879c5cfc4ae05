package io.vmsnap.disk.chain;

import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.LayeredDisk;
import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.IndexedDelta;
import io.vmsnap.disk.delta.SealedDelta;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What the guest sees through a chain. */
public final class ChainContent implements VirtualDisk {
  private final LayeredDisk disk;

  private ChainContent(LayeredDisk disk) {
    this.disk = disk;
  }

  static ChainContent open(VmStorage storage, DiskChain chain, DiskChain.View view)
      throws IOException {
    List<VirtualDisk> layers = new ArrayList<>();
    try {
      layers.add(new RawDisk(storage, chain.base()));
      for (DeltaDisk delta : chain.deltas()) {
        layers.add(
            view == DiskChain.View.INDEX
                ? IndexedDelta.open(storage, delta)
                : SealedDelta.open(storage, delta));
      }
      return new ChainContent(new LayeredDisk(layers.reversed()));
    } catch (IOException | RuntimeException e) {
      for (VirtualDisk layer : layers) {
        try {
          layer.close();
        } catch (IOException suppressed) {
          e.addSuppressed(suppressed);
        }
      }
      throw e;
    }
  }

  /** The layers, base first; each tells by itself what it holds (its changed ranges). */
  public List<VirtualDisk> layers() {
    return disk.layers().reversed();
  }

  @Override
  public String name() {
    return disk.name();
  }

  @Override
  public long capacity() {
    return disk.capacity();
  }

  @Override
  public void read(ByteBuffer buffer, long offset) throws IOException {
    disk.read(buffer, offset);
  }

  @Override
  public List<DiskRun> runs(long offset, long length) throws IOException {
    return disk.runs(offset, length);
  }

  @Override
  public void close() throws IOException {
    disk.close();
  }
}
