package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.UnsupportedDiskException;
import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.disk.copy.Chunk;
import io.vmsnap.disk.copy.CopyProgress;
import io.vmsnap.disk.copy.CopySource;
import io.vmsnap.disk.copy.ParallelCopy;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Writes a disk as {@code monolithicSparse}: header, embedded descriptor, redundant directory and
 * tables, directory and tables, then the grains that are not zero in the disk's order. The header
 * comes last, so that an unfinished file is none. Layout: {@link HostedSparseHeader}.
 */
public final class HostedSparseWriter {
  static final int GRAIN_SECTORS = 128;
  static final int GRAIN = GRAIN_SECTORS * Extent.SECTOR;
  static final int TABLE_LENGTH = 512;

  private static final int TABLE_SECTORS = TABLE_LENGTH * Integer.BYTES / Extent.SECTOR;
  private static final int DESCRIPTOR_SECTOR = 1;
  private static final int DESCRIPTOR_SECTORS = 20;

  private final StorageFile target;
  private final long capacity;
  private final long tables;
  private final long directorySectors;
  private final long redundantDirectory;
  private final long directory;
  private final long firstGrain;
  private final ByteBuffer table =
      ByteBuffer.allocateDirect(TABLE_LENGTH * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private long tableNumber = -1;
  private long nextSector;

  private HostedSparseWriter(StorageFile target, long capacity) {
    this.target = target;
    this.capacity = capacity;
    this.tables = Math.ceilDiv(capacity, (long) TABLE_LENGTH * GRAIN);
    this.directorySectors = Math.ceilDiv(tables * Integer.BYTES, (long) Extent.SECTOR);
    this.redundantDirectory = DESCRIPTOR_SECTOR + DESCRIPTOR_SECTORS;
    this.directory = redundantDirectory + directorySectors + tables * TABLE_SECTORS;
    long end = directory + directorySectors + tables * TABLE_SECTORS;
    this.firstGrain = Math.ceilDiv(end, (long) GRAIN_SECTORS) * GRAIN_SECTORS;
    this.nextSector = firstGrain;
  }

  /** Writes the disk into the new, empty file; the descriptor names it by the given name. */
  public static void write(
      VirtualDisk disk, StorageFile target, ExportIdentity identity, CopyProgress progress)
      throws IOException {
    HostedSparseWriter writer = new HostedSparseWriter(target, disk.capacity());
    writer.directories();
    new ParallelCopy(CopySource.ofDisk(disk), GRAIN, progress).run(writer::add);
    writer.finish(identity);
  }

  /** Both directories; their tables exist from the start, as VMware and QEMU have it. */
  private void directories() throws IOException {
    for (long start : new long[] {redundantDirectory, directory}) {
      ByteBuffer entries =
          ByteBuffer.allocate((int) (tables * Integer.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
      for (long i = 0; i < tables; i++) {
        entries.putInt((int) (start + directorySectors + i * TABLE_SECTORS));
      }
      target.write(entries.flip(), start * Extent.SECTOR);
    }
    target.extendTo(firstGrain * Extent.SECTOR);
  }

  private void add(Chunk chunk) throws IOException {
    chunk.forEachRun((from, to) -> add(chunk, from, to));
  }

  private void add(Chunk chunk, int from, int to) throws IOException {
    if (nextSector + (long) (to - from) * GRAIN_SECTORS > 1L << 32) {
      throw new UnsupportedDiskException(
          target.name(),
          "offset " + nextSector * Extent.SECTOR,
          "a sparse VMDK file holds at most 2 TiB; export to raw or qcow2");
    }
    target.write(chunk.blocks(from, to), nextSector * Extent.SECTOR);
    for (int i = from; i < to; i++) {
      long grain = chunk.offset() / GRAIN + i;
      if (grain / TABLE_LENGTH != tableNumber) {
        flushTable();
        tableNumber = grain / TABLE_LENGTH;
      }
      table.putInt((int) (grain % TABLE_LENGTH) * Integer.BYTES, (int) nextSector);
      nextSector += GRAIN_SECTORS;
    }
  }

  private void flushTable() throws IOException {
    if (tableNumber >= 0) {
      for (long start : new long[] {redundantDirectory, directory}) {
        long sector = start + directorySectors + tableNumber * TABLE_SECTORS;
        target.write(table.clear(), sector * Extent.SECTOR);
      }
      SparseExtent.putZeros(table.clear(), table.capacity());
    }
  }

  private void finish(ExportIdentity identity) throws IOException {
    flushTable();
    target.extendTo(nextSector * Extent.SECTOR);
    byte[] text = identity.descriptor("monolithicSparse", ExtentType.SPARSE, capacity).toBytes();
    if (text.length > DESCRIPTOR_SECTORS * Extent.SECTOR) {
      throw new UnsupportedDiskException(target.name(), "descriptor", "has " + text.length + " B");
    }
    target.write(ByteBuffer.wrap(text), DESCRIPTOR_SECTOR * Extent.SECTOR);
    HostedSparseHeader header =
        new HostedSparseHeader(
            1,
            HostedSparseHeader.NEWLINE_TEST | HostedSparseHeader.REDUNDANT,
            capacity / Extent.SECTOR,
            GRAIN_SECTORS,
            DESCRIPTOR_SECTOR,
            DESCRIPTOR_SECTORS,
            TABLE_LENGTH,
            redundantDirectory,
            directory,
            firstGrain,
            false,
            false);
    target.write(header.toBytes(), 0);
  }
}
