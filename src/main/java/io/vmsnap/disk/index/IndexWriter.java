package io.vmsnap.disk.index;

import static io.vmsnap.disk.index.IndexGeometry.CLUSTER;
import static io.vmsnap.disk.index.IndexGeometry.L2_COVERAGE;
import static io.vmsnap.disk.index.IndexGeometry.SUBCLUSTER;
import static io.vmsnap.disk.index.IndexGeometry.SUBCLUSTERS;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Writes a new index from start to end: ranges come in ascending order, each table is written once
 * and forgotten, so the size of the disk does not matter. The file must be given its name when it
 * is complete; after a failure it is garbage.
 */
public final class IndexWriter implements Closeable {
  private static final int REFCOUNT_TABLE = CLUSTER;
  private static final int REFCOUNT_BLOCK = 2 * CLUSTER;
  private static final int L1 = 3 * CLUSTER;
  private static final int FIRST_L2 = 4 * CLUSTER;
  private static final long COPIED = 1L << 63;

  private final StorageFile file;
  private final IndexHeader header;
  private final long[] l1;
  private L2Table table;
  private int tableNumber = -1;
  private long end = FIRST_L2;
  private long written;

  private IndexWriter(StorageFile file, IndexHeader header) {
    this.file = file;
    this.header = header;
    this.l1 = new long[header.l1Entries()];
  }

  /**
   * Begins an index.
   *
   * @param capacity bytes, a positive multiple of 512
   * @param extentName the delta's extent, for people who look into the header
   * @param dataOffset byte of the extent at which the guest's byte 0 lies
   */
  public static IndexWriter create(
      VmStorage storage, String name, long capacity, String extentName, long dataOffset)
      throws IOException {
    int entries = IndexGeometry.l1Entries(capacity);
    if (capacity <= 0 || entries > IndexGeometry.MAX_L1_ENTRIES) {
      throw new IllegalArgumentException("an index for a disk of " + capacity + " bytes");
    }
    IndexHeader header =
        new IndexHeader(capacity, L1, entries, REFCOUNT_TABLE, 1, extentName + "@" + dataOffset);
    return new IndexWriter(storage.create(name), header);
  }

  /**
   * Says what a range is. Ranges ascend, and start and end at multiples of a subcluster, or at the
   * end of the disk. What is never named is inherited.
   */
  public void add(long start, long length, Content content) throws IOException {
    long stop = start + length;
    boolean aligned =
        start % SUBCLUSTER == 0 && (stop % SUBCLUSTER == 0 || stop == header.capacity());
    if (!aligned || start < written || stop > header.capacity()) {
      throw new IllegalArgumentException("range " + start + " to " + stop + " after " + written);
    }
    written = stop;
    if (content == Content.INHERITED) {
      return;
    }
    for (long at = start; at < stop; ) {
      L2Table current = tableOf(at);
      int entry = (int) (at % L2_COVERAGE / CLUSTER);
      long clusterEnd = Math.min(stop, (at / CLUSTER + 1) * CLUSTER);
      int bits = bits(at, clusterEnd);
      int data = current.data(entry);
      int zero = current.zero(entry);
      current.set(
          entry,
          content == Content.DATA ? data | bits : data,
          content == Content.ZERO ? zero | bits : zero);
      at = clusterEnd;
    }
  }

  private static int bits(long from, long end) {
    int first = (int) (from / SUBCLUSTER % SUBCLUSTERS);
    int count = (int) (Math.ceilDiv(end, SUBCLUSTER) - from / SUBCLUSTER);
    return (int) (((1L << count) - 1) << first);
  }

  private L2Table tableOf(long at) throws IOException {
    int number = (int) (at / L2_COVERAGE);
    if (number != tableNumber) {
      flushTable();
      tableNumber = number;
      table = new L2Table(file.name(), end, number * L2_COVERAGE, ByteBuffer.allocate(CLUSTER));
      l1[number] = end | COPIED;
      end += CLUSTER;
    }
    return table;
  }

  private void flushTable() throws IOException {
    if (table != null) {
      file.write(table.bytes(), table.offset());
      table = null;
    }
  }

  /** Writes the remaining tables and the header; everything is durable when it returns. */
  public void finish() throws IOException {
    flushTable();
    int clusters = (int) (end / CLUSTER);
    if (clusters > IndexGeometry.REFCOUNTS_PER_BLOCK) {
      throw CorruptDiskException.in(file.name(), "more tables than one refcount block can count");
    }
    ByteBuffer counts = ByteBuffer.allocate(clusters * Short.BYTES);
    for (int i = 0; i < clusters; i++) {
      counts.putShort((short) 1);
    }
    ByteBuffer l1Bytes = ByteBuffer.allocate(l1.length * Long.BYTES);
    l1Bytes.asLongBuffer().put(l1);
    // The tables end on a cluster: QEMU reads whole clusters, also of the refcount structures.
    file.extendTo(end);
    file.write(ByteBuffer.allocate(Long.BYTES).putLong(0, REFCOUNT_BLOCK), REFCOUNT_TABLE);
    file.write(counts.flip(), REFCOUNT_BLOCK);
    file.write(l1Bytes, L1);
    file.write(header.toBytes(), 0);
    file.sync();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
