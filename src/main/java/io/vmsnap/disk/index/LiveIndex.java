package io.vmsnap.disk.index;

import static io.vmsnap.disk.index.IndexGeometry.CLUSTER;
import static io.vmsnap.disk.index.IndexGeometry.L2_COVERAGE;
import static io.vmsnap.disk.index.IndexGeometry.SUBCLUSTER;
import static io.vmsnap.disk.index.IndexGeometry.SUBCLUSTERS;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The index that QEMU keeps of a delta: which subclusters of 4 KiB it holds. Reading is safe for
 * several threads, and for a delta that QEMU no longer writes. See docs/formats/index.md.
 */
public final class LiveIndex implements Closeable {
  private static final long L1_OFFSET_MASK = 0x00ff_ffff_ffff_fe00L;
  private static final long L1_COPIED = 1L << 63;

  /** Tables kept in memory: 64 describe 64 GiB and take 8 MiB. */
  private static final int CACHED_TABLES = 64;

  private final StorageFile file;
  private final IndexHeader header;
  private final long[] l1;
  private final Map<Integer, L2Table> tables =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, L2Table> eldest) {
          return size() > CACHED_TABLES;
        }
      };

  private LiveIndex(StorageFile file, IndexHeader header, long[] l1) {
    this.file = file;
    this.header = header;
    this.l1 = l1;
  }

  /** Opens an index for reading and checks its header and L1 table. */
  public static LiveIndex open(VmStorage storage, String name) throws IOException {
    StorageFile file = storage.open(name, OpenMode.READ);
    try {
      return open(file);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  static LiveIndex open(StorageFile file) throws IOException {
    long size = file.size();
    ByteBuffer start = ByteBuffer.allocate((int) Math.min(IndexHeader.READ_BYTES, size));
    file.readFully(start, 0);
    IndexHeader header = IndexHeader.parse(file.name(), start.flip(), size);
    ByteBuffer table = ByteBuffer.allocate(header.l1Entries() * Long.BYTES);
    file.readFully(table, header.l1Offset());
    long[] l1 = new long[header.l1Entries()];
    table.flip().asLongBuffer().get(l1);
    for (int i = 0; i < l1.length; i++) {
      long offset = l1[i] & L1_OFFSET_MASK;
      boolean sound =
          l1[i] == 0
              || (l1[i] & ~(L1_OFFSET_MASK | L1_COPIED)) == 0
                  && offset != 0
                  && offset % CLUSTER == 0
                  && offset <= size - CLUSTER;
      if (!sound) {
        throw CorruptDiskException.at(
            file.name(),
            header.l1Offset() + (long) i * Long.BYTES,
            String.format("the L1 entry %016x leads to no cluster of the file", l1[i]));
      }
    }
    return new LiveIndex(file, header, l1);
  }

  public String name() {
    return file.name();
  }

  /** Bytes of the guest's disk. */
  public long capacity() {
    return header.capacity();
  }

  /** What the header says of the data file: {@code EXTENT@OFFSET}; empty if nothing. */
  public String dataFile() {
    return header.dataFile();
  }

  /** Whether nothing at all is said of the gibibyte with this number. */
  public boolean isEmpty(int gibibyte) {
    return gibibyte >= l1.length || l1[gibibyte] == 0;
  }

  /** Feeds the table of a gibibyte that is not empty to the digest, unparsed. */
  public void digest(int gibibyte, MessageDigest digest) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(CLUSTER);
    file.readFully(bytes, tableOffset(gibibyte));
    digest.update(bytes.flip());
  }

  IndexHeader header() {
    return header;
  }

  /** Byte of the L2 table of a gibibyte; 0 if there is none. */
  long tableOffset(int gibibyte) {
    return l1[gibibyte] & L1_OFFSET_MASK;
  }

  /**
   * What the range is made of: gapless runs that cover it; neighbours differ.
   *
   * @throws CorruptDiskException if an entry does not follow the layout
   */
  public List<DiskRun> runs(long offset, long length) throws IOException {
    DiskRun.Collector runs = new DiskRun.Collector();
    long end = offset + length;
    long at = offset;
    while (at < end) {
      int gibibyte = (int) (at / L2_COVERAGE);
      long tableEnd = Math.min(end, (gibibyte + 1) * L2_COVERAGE);
      if (isEmpty(gibibyte)) {
        runs.add(at, tableEnd - at, Content.INHERITED);
        at = tableEnd;
      } else {
        L2Table table = table(gibibyte);
        while (at < tableEnd) {
          long clusterEnd = Math.min(tableEnd, (at / CLUSTER + 1) * CLUSTER);
          cluster(runs, table, at, clusterEnd);
          at = clusterEnd;
        }
      }
    }
    return runs.toList();
  }

  private static void cluster(DiskRun.Collector runs, L2Table table, long from, long end)
      throws CorruptDiskException {
    int entry = (int) (from % L2_COVERAGE / CLUSTER);
    int data = table.data(entry);
    int zero = table.zero(entry);
    if (data == 0 && zero == 0) {
      runs.add(from, end - from, Content.INHERITED);
    } else if (data == -1) {
      runs.add(from, end - from, Content.DATA);
    } else if (zero == -1) {
      runs.add(from, end - from, Content.ZERO);
    } else {
      for (long at = from; at < end; ) {
        int bit = 1 << (at / SUBCLUSTER % SUBCLUSTERS);
        long next = Math.min(end, (at / SUBCLUSTER + 1) * SUBCLUSTER);
        Content content =
            (data & bit) != 0 ? Content.DATA : (zero & bit) != 0 ? Content.ZERO : Content.INHERITED;
        runs.add(at, next - at, content);
        at = next;
      }
    }
  }

  private L2Table table(int gibibyte) throws IOException {
    synchronized (tables) {
      L2Table table = tables.get(gibibyte);
      if (table == null) {
        long offset = tableOffset(gibibyte);
        ByteBuffer bytes = ByteBuffer.allocate(CLUSTER);
        file.readFully(bytes, offset);
        table = new L2Table(file.name(), offset, gibibyte * L2_COVERAGE, bytes.flip());
        tables.put(gibibyte, table);
      }
      return table;
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
