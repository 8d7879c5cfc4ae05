package io.vmsnap.disk.chain;

import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.DiskRun.Content;
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
  private static final int ZEROS = 8192;

  private final List<VirtualDisk> layers;

  private ChainContent(List<VirtualDisk> layers) {
    this.layers = layers;
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
      return new ChainContent(layers);
    } catch (IOException | RuntimeException e) {
      closeAll(layers, e);
      throw e;
    }
  }

  /** The layers, base first; each tells by itself what it holds (its changed ranges). */
  public List<VirtualDisk> layers() {
    return List.copyOf(layers);
  }

  @Override
  public String name() {
    return layers.getLast().name();
  }

  @Override
  public long capacity() {
    return layers.getLast().capacity();
  }

  @Override
  public void read(ByteBuffer buffer, long offset) throws IOException {
    read(layers.size() - 1, buffer, offset, buffer.remaining());
  }

  private void read(int layer, ByteBuffer buffer, long offset, int length) throws IOException {
    if (layer < 0) {
      putZeros(buffer, length);
      return;
    }
    VirtualDisk disk = layers.get(layer);
    int inside = Math.clamp(disk.capacity() - offset, 0, length);
    if (inside > 0) {
      for (DiskRun run : disk.runs(offset, inside)) {
        int n = (int) run.length();
        switch (run.content()) {
          case ZERO -> putZeros(buffer, n);
          case INHERITED -> read(layer - 1, buffer, run.start(), n);
          case DATA -> {
            disk.read(buffer.slice(buffer.position(), n), run.start());
            buffer.position(buffer.position() + n);
          }
        }
      }
    }
    // A parent may be shorter than a disk that grew after the snapshot.
    putZeros(buffer, length - inside);
  }

  @Override
  public List<DiskRun> runs(long offset, long length) throws IOException {
    DiskRun.Collector runs = new DiskRun.Collector();
    collect(layers.size() - 1, runs, offset, length);
    return runs.toList();
  }

  private void collect(int layer, DiskRun.Collector runs, long offset, long length)
      throws IOException {
    long inside = layer < 0 ? 0 : Math.clamp(layers.get(layer).capacity() - offset, 0, length);
    if (inside > 0) {
      for (DiskRun run : layers.get(layer).runs(offset, inside)) {
        if (run.content() == Content.INHERITED) {
          collect(layer - 1, runs, run.start(), run.length());
        } else {
          runs.add(run.start(), run.length(), run.content());
        }
      }
    }
    runs.add(offset + inside, length - inside, Content.ZERO);
  }

  private static void putZeros(ByteBuffer buffer, int length) {
    byte[] zeros = new byte[Math.min(length, ZEROS)];
    for (int left = length; left > 0; left -= zeros.length) {
      buffer.put(zeros, 0, Math.min(left, zeros.length));
    }
  }

  @Override
  public void close() throws IOException {
    IOException failure = new IOException(name() + ": closing failed");
    closeAll(layers, failure);
    if (failure.getSuppressed().length > 0) {
      throw failure;
    }
  }

  private static void closeAll(List<VirtualDisk> layers, Throwable failure) {
    for (VirtualDisk layer : layers) {
      try {
        layer.close();
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
    }
  }
}
