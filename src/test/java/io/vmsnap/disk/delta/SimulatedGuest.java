package io.vmsnap.disk.delta;

import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.disk.chain.ChainContent;
import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.disk.chain.DiskChain.View;
import io.vmsnap.disk.index.IndexWriter;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Writes deltas as QEMU does, without QEMU: whole subclusters, the index afterwards, and stale
 * bytes behind zeros. Knows what the disk must contain.
 */
public final class SimulatedGuest {
  private static final int SUBCLUSTER = 4096;

  private final VmStorage storage;
  private final RandomGenerator random;
  private final int capacity;
  private final byte[] content;
  private Content[] map;
  private DeltaDisk delta;
  private int number;

  public SimulatedGuest(VmStorage storage, int capacity, RandomGenerator random)
      throws IOException {
    this.storage = storage;
    this.capacity = capacity;
    this.random = random;
    content = new byte[capacity];
    random.nextBytes(content);
    Arrays.fill(content, capacity / 4, capacity / 2, (byte) 0);
    BaseDisk base = BaseDisk.create(storage, "web.vmdk", capacity, random);
    try (StorageFile file = storage.open(base.extent(), OpenMode.READ_WRITE)) {
      file.write(ByteBuffer.wrap(content, 0, capacity / 4), 0);
      file.write(ByteBuffer.wrap(content, capacity / 2, capacity - capacity / 2), capacity / 2);
      file.sync();
    }
    snapshot();
  }

  public DeltaDisk delta() {
    return delta;
  }

  public String active() {
    return delta.files().descriptor();
  }

  public byte[] content() {
    return content.clone();
  }

  /** Freezes the active disk and writes to a new one. */
  public void snapshot() throws IOException {
    String parent = delta == null ? "web.vmdk" : active();
    number++;
    delta = DeltaDisk.create(storage, parent, String.format("web-%06d.vmdk", number), random);
    map = new Content[Math.ceilDiv(capacity, SUBCLUSTER)];
    Arrays.fill(map, Content.INHERITED);
  }

  /** A write of any length; what shares its subclusters is copied up, as QEMU does. */
  public void write(int from, int length) throws IOException {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    System.arraycopy(bytes, 0, content, from, length);
    int first = from / SUBCLUSTER * SUBCLUSTER;
    int end = Math.min(capacity, Math.ceilDiv(from + length, SUBCLUSTER) * SUBCLUSTER);
    try (StorageFile file = storage.open(delta.files().extent(), OpenMode.READ_WRITE)) {
      file.write(ByteBuffer.wrap(content, first, end - first), delta.layout().dataOffset() + first);
      file.sync();
    }
    mark(first, end, Content.DATA);
  }

  /** Zeroes or discards whole subclusters; the bytes in the extent stay. */
  public void zero(int subcluster, int count) throws IOException {
    int from = subcluster * SUBCLUSTER;
    int end = Math.min(capacity, from + count * SUBCLUSTER);
    Arrays.fill(content, from, end, (byte) 0);
    mark(from, end, Content.ZERO);
  }

  private void mark(int from, int end, Content what) throws IOException {
    Arrays.fill(map, from / SUBCLUSTER, Math.ceilDiv(end, SUBCLUSTER), what);
    storage.delete(delta.files().index());
    try (IndexWriter index =
        IndexWriter.create(
            storage,
            delta.files().index(),
            capacity,
            delta.files().extent(),
            delta.layout().dataOffset())) {
      for (int i = 0; i < map.length; i++) {
        int start = i * SUBCLUSTER;
        index.add(start, Math.min(SUBCLUSTER, capacity - start), map[i]);
      }
      index.finish();
    }
    storage.syncDirectory(DeltaFiles.FOLDER);
    delta.markIndexAhead(storage);
  }

  /** The active disk shows the content, read by that view. */
  public void assertContent(String what, View view) throws IOException {
    DiskModel model = new DiskModel(capacity);
    model.put(0, content);
    try (ChainContent chain = DiskChain.open(storage, active()).content(storage, view)) {
      model.assertSame(what + " by " + view, chain);
    }
  }
}
