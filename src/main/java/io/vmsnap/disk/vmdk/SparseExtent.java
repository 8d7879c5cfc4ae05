package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** An extent in which grains of a fixed size may be anywhere, or missing. */
final class SparseExtent implements VirtualDisk {
  private final StorageFile file;
  private final long capacity;
  private final long grainBytes;
  private final GrainMap map;
  private final CompressedGrains compressed;

  /** 64 tables of 4096 entries are 2 MiB. */
  private final RecentlyUsed<long[]> tables = new RecentlyUsed<>(64);

  /**
   * @param compressed null for plain grains
   */
  SparseExtent(
      StorageFile file, long capacity, long grainBytes, GrainMap map, CompressedGrains compressed) {
    this.file = file;
    this.capacity = capacity;
    this.grainBytes = grainBytes;
    this.map = map;
    this.compressed = compressed;
  }

  @Override
  public String name() {
    return file.name();
  }

  @Override
  public long capacity() {
    return capacity;
  }

  @Override
  public List<DiskRun> runs(long offset, long length) throws IOException {
    DiskRun.Collector runs = new DiskRun.Collector();
    long end = offset + length;
    long at = offset;
    while (at < end) {
      long grain = at / grainBytes;
      long number = grain / map.tableLength();
      long[] table = table(number);
      long tableEnd = Math.min(end, (number + 1) * map.tableLength() * grainBytes);
      if (table.length == 0) {
        runs.add(at, tableEnd - at, Content.INHERITED);
        at = tableEnd;
      }
      while (at < tableEnd) {
        long grainEnd = Math.min(tableEnd, (at / grainBytes + 1) * grainBytes);
        long entry = table[(int) (at / grainBytes % map.tableLength())];
        runs.add(
            at,
            grainEnd - at,
            entry == GrainMap.INHERITED
                ? Content.INHERITED
                : entry == GrainMap.ZERO ? Content.ZERO : Content.DATA);
        at = grainEnd;
      }
    }
    return runs.toList();
  }

  @Override
  public void read(ByteBuffer buffer, long offset) throws IOException {
    long at = offset;
    while (buffer.hasRemaining()) {
      long within = at % grainBytes;
      int length = (int) Math.min(buffer.remaining(), grainBytes - within);
      long place = place(at / grainBytes);
      if (place < 0) {
        putZeros(buffer, length);
      } else if (compressed != null) {
        compressed.read(buffer, length, place, at / grainBytes, (int) within);
      } else {
        length = contiguous(at, place, length, buffer.remaining());
        // The buffer itself goes to the file, no slice of it: HotSpot 25.0.3 loses the object that
        // was sliced where it is compiled away, and the read fails with it being null.
        int limit = buffer.limit();
        buffer.limit(buffer.position() + length);
        file.readFully(buffer, place + within);
        buffer.limit(limit);
      }
      at += length;
    }
  }

  /** Grows a read over the following grains as long as they follow in the file too. */
  private int contiguous(long at, long place, int length, int wanted) throws IOException {
    long grain = at / grainBytes + 1;
    long next = place + grainBytes;
    int total = length;
    while (total < wanted && place(grain) == next) {
      total = (int) Math.min(wanted, total + grainBytes);
      next += grainBytes;
      grain++;
    }
    return total;
  }

  private long place(long grain) throws IOException {
    long[] table = table(grain / map.tableLength());
    return table.length == 0 ? GrainMap.INHERITED : table[(int) (grain % map.tableLength())];
  }

  private long[] table(long number) throws IOException {
    return tables.get(number, () -> map.table(number));
  }

  static void putZeros(ByteBuffer buffer, int length) {
    ByteBuffer part = buffer.slice(buffer.position(), length);
    while (part.remaining() >= Long.BYTES) {
      part.putLong(0);
    }
    while (part.hasRemaining()) {
      part.put((byte) 0);
    }
    buffer.position(buffer.position() + length);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
