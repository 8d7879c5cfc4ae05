package io.vmsnap.disk;

import io.vmsnap.disk.DiskRun.Content;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A whole disk: layers, of which each shows its parent's content where it has none. Where a parent
 * is shorter, or nobody has anything, there are zeros.
 */
public final class LayeredDisk implements VirtualDisk {
  private final List<VirtualDisk> layers;

  /**
   * @param layers the active one first, the base last; closed with this disk
   */
  public LayeredDisk(List<? extends VirtualDisk> layers) {
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("a disk has at least one layer");
    }
    this.layers = List.copyOf(layers);
  }

  public List<VirtualDisk> layers() {
    return layers;
  }

  @Override
  public String name() {
    return layers.getFirst().name();
  }

  @Override
  public long capacity() {
    return layers.getFirst().capacity();
  }

  @Override
  public void read(ByteBuffer buffer, long offset) throws IOException {
    read(0, buffer, offset);
  }

  private void read(int depth, ByteBuffer buffer, long offset) throws IOException {
    VirtualDisk layer = depth < layers.size() ? layers.get(depth) : null;
    long inside = layer == null ? 0 : Math.clamp(layer.capacity() - offset, 0, buffer.remaining());
    int start = buffer.position();
    if (inside > 0) {
      for (DiskRun run : layer.runs(offset, inside)) {
        ByteBuffer part = buffer.slice(start + (int) (run.start() - offset), (int) run.length());
        switch (run.content()) {
          case DATA -> layer.read(part, run.start());
          case ZERO -> zero(part);
          case INHERITED -> read(depth + 1, part, run.start());
        }
      }
    }
    buffer.position(start + (int) inside);
    zero(buffer);
  }

  private static void zero(ByteBuffer buffer) {
    while (buffer.remaining() >= Long.BYTES) {
      buffer.putLong(0);
    }
    while (buffer.hasRemaining()) {
      buffer.put((byte) 0);
    }
  }

  @Override
  public List<DiskRun> runs(long offset, long length) throws IOException {
    DiskRun.Collector runs = new DiskRun.Collector();
    collect(0, offset, length, runs);
    return runs.toList();
  }

  private void collect(int depth, long offset, long length, DiskRun.Collector runs)
      throws IOException {
    if (depth == layers.size()) {
      runs.add(offset, length, Content.ZERO);
      return;
    }
    VirtualDisk layer = layers.get(depth);
    long inside = Math.clamp(layer.capacity() - offset, 0, length);
    if (inside > 0) {
      for (DiskRun run : layer.runs(offset, inside)) {
        if (run.content() == Content.INHERITED) {
          collect(depth + 1, run.start(), run.length(), runs);
        } else {
          runs.add(run.start(), run.length(), run.content());
        }
      }
    }
    runs.add(offset + inside, length - inside, Content.ZERO);
  }

  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (VirtualDisk layer : layers) {
      try {
        layer.close();
      } catch (IOException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
