package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.UnsupportedDiskException;
import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Opens copy-on-write extents (magic COWD), wherever their grains are: VMware's compact ones, whose
 * grains are in the order of their first write, and ours alike. Fields of the header, all 32 bits
 * little-endian: 0 magic, 4 version (1), 8 flags, 12 capacity in sectors, 16 grain size in sectors,
 * 20 sector of the grain directory, 24 its entries. A table has 4096 entries. Source: VMware
 * "Virtual Disk Format 5.0", "ESX Server Sparse Extents"; QEMU {@code block/vmdk.c}.
 */
final class CowdExtent implements GrainMap {
  /** The bytes C O W D, read little-endian. */
  static final int MAGIC = 0x44574f43;

  private static final int TABLE_LENGTH = 4096;
  private static final int HEADER_READ = 32;
  private static final long MAX_GRAIN_SECTORS = 1 << 16;

  private final TableReader tables;
  private final GrainDirectory directory;
  private final long capacity;
  private final long grainBytes;

  private CowdExtent(TableReader tables, GrainDirectory directory, long capacity, long grainBytes) {
    this.tables = tables;
    this.directory = directory;
    this.capacity = capacity;
    this.grainBytes = grainBytes;
  }

  /** The extent; closing it closes the file. */
  static VirtualDisk open(StorageFile file) throws IOException {
    if (file.size() < HEADER_READ) {
      throw CorruptDiskException.at(file.name(), 0, "the file ends within its header");
    }
    ByteBuffer b = ByteBuffer.allocate(HEADER_READ).order(ByteOrder.LITTLE_ENDIAN);
    file.readFully(b, 0);
    b.flip();
    if (b.getInt(0) != MAGIC) {
      throw CorruptDiskException.at(file.name(), 0, "no header of a copy-on-write extent (COWD)");
    }
    if (b.getInt(4) != 1) {
      throw new UnsupportedDiskException(
          file.name(), "offset 4", "version " + b.getInt(4) + "; known is 1");
    }
    long sectors = Integer.toUnsignedLong(b.getInt(12));
    long grain = Integer.toUnsignedLong(b.getInt(16));
    long directorySector = Integer.toUnsignedLong(b.getInt(20));
    long entries = Integer.toUnsignedLong(b.getInt(24));
    if (grain < 1 || grain > MAX_GRAIN_SECTORS) {
      throw CorruptDiskException.at(
          file.name(), 16, "grain size " + grain + " is not 1 to " + MAX_GRAIN_SECTORS);
    }
    long needed = (sectors + grain * TABLE_LENGTH - 1) / (grain * TABLE_LENGTH);
    if (entries < needed) {
      throw CorruptDiskException.at(
          file.name(), 24, entries + " directory entries; the capacity needs " + needed);
    }
    TableReader tables = new TableReader(file, Integer.BYTES);
    GrainDirectory directory = new GrainDirectory(tables, directorySector * Extent.SECTOR, needed);
    long capacity = sectors * Extent.SECTOR;
    long grainBytes = grain * Extent.SECTOR;
    CowdExtent map = new CowdExtent(tables, directory, capacity, grainBytes);
    return new SparseExtent(file, capacity, grainBytes, map, null);
  }

  @Override
  public int tableLength() {
    return TABLE_LENGTH;
  }

  @Override
  public long[] table(long number) throws IOException {
    long sector = directory.entry(number);
    if (sector == 0) {
      return new long[0];
    }
    long offset = sector * Extent.SECTOR;
    long[] places = tables.read(offset, TABLE_LENGTH, "grain table " + number);
    for (int i = 0; i < TABLE_LENGTH; i++) {
      long start = (number * TABLE_LENGTH + i) * grainBytes;
      if (places[i] == 0 || start >= capacity) {
        places[i] = INHERITED;
        continue;
      }
      long place = places[i] * Extent.SECTOR;
      if (!tables.holds(place, Math.min(grainBytes, capacity - start))) {
        throw CorruptDiskException.at(
            tables.fileName(),
            offset + i * 4L,
            "the grain at " + start + " is at sector " + places[i] + ", beyond the file's end");
      }
      places[i] = place;
    }
    return places;
  }
}
