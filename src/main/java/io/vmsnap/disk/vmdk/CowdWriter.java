package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.UnsupportedDiskException;
import io.vmsnap.disk.copy.Chunk;
import io.vmsnap.disk.copy.CopyProgress;
import io.vmsnap.disk.copy.CopySource;
import io.vmsnap.disk.copy.ParallelCopy;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Writes one layer as a compact {@code vmfsSparse} extent: header, grain directory, then for each
 * 16 MiB of the disk that have any grains those grains and their table. The header comes last.
 * Layout: {@link CowdHeader}.
 */
public final class CowdWriter {
  private static final int GRAIN_SECTORS = 8;
  private static final int GRAIN = GRAIN_SECTORS * Extent.SECTOR;
  private static final long MAX_SECTORS = (1L << 32) - 1;

  private final StorageFile target;
  private final long sectors;
  private final ByteBuffer directory;
  private final ByteBuffer table =
      ByteBuffer.allocateDirect(CowdHeader.TABLE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private long tableNumber = -1;
  private long nextSector;

  private CowdWriter(StorageFile target, long capacity) {
    this.target = target;
    this.sectors = capacity / Extent.SECTOR;
    long tables = Math.ceilDiv(capacity, (long) CowdHeader.TABLE_ENTRIES * GRAIN);
    this.directory =
        ByteBuffer.allocate((int) (tables * Integer.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    long end = CowdHeader.DIRECTORY_SECTOR + sectorsOf(directory.capacity());
    this.nextSector = Math.ceilDiv(end, (long) GRAIN_SECTORS) * GRAIN_SECTORS;
  }

  /** Writes what the layer holds into the new, empty file. */
  public static void write(CopySource layer, StorageFile target, CopyProgress progress)
      throws IOException {
    long capacity = layer.map().capacity();
    if (capacity / Extent.SECTOR > MAX_SECTORS) {
      throw new UnsupportedDiskException(
          layer.map().name(),
          "capacity",
          "vmfsSparse has 32-bit sector numbers, so a disk has less than 2 TiB; this one has "
              + capacity
              + " bytes");
    }
    CowdWriter writer = new CowdWriter(target, capacity);
    new ParallelCopy(layer, GRAIN, progress).run(writer::add);
    writer.finish();
  }

  private void add(Chunk chunk) throws IOException {
    chunk.forEachRun((from, to) -> add(chunk, from, to));
  }

  private void add(Chunk chunk, int from, int to) throws IOException {
    // a chunk never crosses a table
    long grain = chunk.offset() / GRAIN + from;
    if (grain / CowdHeader.TABLE_ENTRIES != tableNumber) {
      flushTable();
      tableNumber = grain / CowdHeader.TABLE_ENTRIES;
    }
    if (nextSector + (long) (to - from) * GRAIN_SECTORS > MAX_SECTORS) {
      throw new UnsupportedDiskException(
          target.name(), "offset 2 TiB", "the layer does not fit into a vmfsSparse extent");
    }
    target.write(chunk.blocks(from, to), nextSector * Extent.SECTOR);
    for (int i = 0; i < to - from; i++) {
      int entry = (int) ((grain + i) % CowdHeader.TABLE_ENTRIES);
      table.putInt(entry * Integer.BYTES, (int) nextSector);
      nextSector += GRAIN_SECTORS;
    }
  }

  private void flushTable() throws IOException {
    if (tableNumber < 0) {
      return;
    }
    directory.putInt((int) tableNumber * Integer.BYTES, (int) nextSector);
    target.write(table.clear(), nextSector * Extent.SECTOR);
    nextSector += sectorsOf(CowdHeader.TABLE_BYTES);
    SparseExtent.putZeros(table.clear(), table.capacity());
  }

  private void finish() throws IOException {
    flushTable();
    target.write(directory.clear(), (long) CowdHeader.DIRECTORY_SECTOR * Extent.SECTOR);
    target.extendTo(nextSector * Extent.SECTOR);
    CowdHeader header =
        new CowdHeader(
            sectors,
            GRAIN_SECTORS,
            CowdHeader.DIRECTORY_SECTOR,
            directory.capacity() / Integer.BYTES,
            nextSector,
            0,
            "",
            false);
    target.write(header.toBytes(), 0);
  }

  private static long sectorsOf(long bytes) {
    return Math.ceilDiv(bytes, (long) Extent.SECTOR);
  }
}
