package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Opens SE sparse extents for reading. A directory entry is 0 or {@code 0x10000000} and the number
 * of a table in the table area; a table has 4096 entries whose top four bits tell their kind: 0 not
 * here, 1 unmapped by the guest, 2 zero, 3 the number of a grain in the grain area, of which the
 * lowest 12 bits are in bits 48 to 59 and the others in bits 0 to 47. Source as in {@link
 * SeSparseHeader}.
 */
final class SeSparseExtent implements GrainMap {
  private static final int TABLE_LENGTH = SeSparseHeader.TABLE_SECTORS * Extent.SECTOR / 8;
  private static final long GRAIN_BYTES = (long) SeSparseHeader.GRAIN_SECTORS * Extent.SECTOR;
  private static final long TABLE_BYTES = (long) SeSparseHeader.TABLE_SECTORS * Extent.SECTOR;
  private static final long TABLE_PRESENT = 0x10000000L;

  private final SeSparseHeader header;
  private final TableReader reader;
  private final GrainDirectory directory;

  private SeSparseExtent(SeSparseHeader header, TableReader reader) {
    this.header = header;
    this.reader = reader;
    this.directory =
        new GrainDirectory(
            reader,
            header.directory() * Extent.SECTOR,
            header.directorySize() * (Extent.SECTOR / Long.BYTES));
  }

  /** The extent; closing it closes the file. */
  static VirtualDisk open(StorageFile file) throws IOException {
    SeSparseHeader header = SeSparseHeader.parse(file.name(), sector(file, 0));
    long at = header.volatileHeader() * Extent.SECTOR;
    SeSparseHeader.checkVolatile(file.name(), at, sector(file, at));
    long span = (long) TABLE_LENGTH * SeSparseHeader.GRAIN_SECTORS;
    long needed = (header.capacity() + span - 1) / span;
    if (header.directorySize() * (Extent.SECTOR / Long.BYTES) < needed) {
      throw CorruptDiskException.at(
          file.name(), 136, "the grain directory is too small for the capacity");
    }
    SeSparseExtent map = new SeSparseExtent(header, new TableReader(file, Long.BYTES));
    return new SparseExtent(file, header.capacity() * Extent.SECTOR, GRAIN_BYTES, map, null);
  }

  private static ByteBuffer sector(StorageFile file, long offset) throws IOException {
    if (file.size() < offset + SeSparseHeader.SIZE) {
      throw CorruptDiskException.at(file.name(), offset, "the file ends before this header");
    }
    ByteBuffer sector = ByteBuffer.allocate(SeSparseHeader.SIZE);
    file.readFully(sector, offset);
    return sector.flip();
  }

  @Override
  public int tableLength() {
    return TABLE_LENGTH;
  }

  @Override
  public long[] table(long number) throws IOException {
    long entry = directory.entry(number);
    if (entry == 0) {
      return new long[0];
    }
    long slot = entry & 0xffffffffL;
    if (entry >>> 32 != TABLE_PRESENT
        || (slot + 1) * SeSparseHeader.TABLE_SECTORS > header.tablesSize()) {
      throw CorruptDiskException.at(
          reader.fileName(),
          directory.offsetOf(number),
          "directory entry 0x" + Long.toHexString(entry) + " is no table of this extent");
    }
    long offset = header.tables() * Extent.SECTOR + slot * TABLE_BYTES;
    long[] places = reader.read(offset, TABLE_LENGTH, "grain table " + number);
    for (int i = 0; i < TABLE_LENGTH; i++) {
      places[i] = place(places[i], offset + i * 8L);
    }
    return places;
  }

  private long place(long entry, long at) throws CorruptDiskException {
    switch ((int) (entry >>> 60)) {
      case 0:
        if (entry != 0) {
          break;
        }
        return INHERITED;
      case 1, 2:
        return ZERO;
      case 3:
        long grain = entry >>> 48 & 0xfff | (entry & 0xffffffffffffL) << 12;
        long place = header.grains() * Extent.SECTOR + grain * GRAIN_BYTES;
        if (grain < 1L << 49 && reader.holds(place, GRAIN_BYTES)) {
          return place;
        }
        break;
      default:
        break;
    }
    throw CorruptDiskException.at(
        reader.fileName(), at, "grain table entry 0x" + Long.toHexString(entry));
  }
}
