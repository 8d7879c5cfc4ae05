package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Opens copy-on-write extents (magic COWD), wherever their grains are: VMware's compact ones, whose
 * grains are in the order of their first write, and ours alike. Layout: {@link CowdHeader}.
 */
final class CowdExtent implements GrainMap {
  /** The bytes C O W D, read little-endian. */
  static final int MAGIC = 0x44574f43;

  private static final int TABLE_LENGTH = CowdHeader.TABLE_ENTRIES;

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
    long size = file.size();
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(CowdHeader.BYTES, size));
    file.readFully(bytes, 0);
    CowdHeader header = CowdHeader.parse(file.name(), bytes.flip(), size);
    TableReader tables = new TableReader(file, Integer.BYTES);
    GrainDirectory directory =
        new GrainDirectory(
            tables, header.directorySector() * Extent.SECTOR, header.directoryEntries());
    long capacity = header.capacitySectors() * Extent.SECTOR;
    long grainBytes = header.grainBytes();
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
