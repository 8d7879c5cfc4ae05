package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.DiskException;
import io.vmsnap.disk.UnsupportedDiskException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * First sector (in a stream also the footer) of a hosted sparse extent, little-endian:
 *
 * <pre>
 *  0  4  magic "KDMV"
 *  4  4  version: 1; 2 zeroed grains; 3 compressed or change tracked
 *  8  4  flags: 0 newline test valid, 1 redundant directory, 2 zeroed grains,
 *        16 compressed grains, 17 markers
 * 12  8  capacity, sectors
 * 20  8  grain size, sectors, a power of two
 * 28  8  offset of the embedded descriptor, sectors; 0 without
 * 36  8  its size, sectors
 * 44  4  entries of a grain table: 512
 * 48  8  offset of the redundant grain directory, sectors
 * 56  8  offset of the grain directory, sectors; 2^64-1: see the footer
 * 64  8  sectors before the first grain ("overhead")
 * 72  1  1 while open for writing (unclean shutdown)
 * 73  4  "\n \r\n", which a transfer as text would change
 * 77  2  0 plain, 1 deflate
 * </pre>
 *
 * Source: VMware "Virtual Disk Format 5.0", "Hosted Sparse Extents"; QEMU {@code block/vmdk.c}
 * ({@code VMDK4Header}) for version 2 and 3.
 */
record HostedSparseHeader(
    int version,
    int flags,
    long capacity,
    long grainSize,
    long descriptorOffset,
    long descriptorSize,
    int tableLength,
    long redundantDirectory,
    long directory,
    long overhead,
    boolean uncleanShutdown,
    boolean compressed) {
  static final int SIZE = 512;

  /** The bytes K D M V, read little-endian. */
  static final int MAGIC = 0x564d444b;

  static final int NEWLINE_TEST = 1;
  static final int REDUNDANT = 1 << 1;
  static final int ZEROED_GRAINS = 1 << 2;
  static final int COMPRESSED = 1 << 16;
  static final int MARKERS = 1 << 17;

  /** The directory's offset in the header of a stream. */
  static final long AT_END = -1;

  private static final int KNOWN = NEWLINE_TEST | REDUNDANT | ZEROED_GRAINS | COMPRESSED | MARKERS;
  private static final byte[] NEWLINES = {'\n', ' ', '\r', '\n'};
  private static final long MAX_GRAIN_SECTORS = 1 << 21;

  /** Reads and checks the sector that is at the offset of the file. */
  static HostedSparseHeader parse(String file, long offset, ByteBuffer sector)
      throws DiskException {
    ByteBuffer b = sector.order(ByteOrder.LITTLE_ENDIAN);
    if (b.remaining() < SIZE || b.getInt(0) != MAGIC) {
      throw CorruptDiskException.at(file, offset, "no header of a hosted sparse extent (KDMV)");
    }
    HostedSparseHeader h =
        new HostedSparseHeader(
            b.getInt(4),
            b.getInt(8),
            b.getLong(12),
            b.getLong(20),
            b.getLong(28),
            b.getLong(36),
            b.getInt(44),
            b.getLong(48),
            b.getLong(56),
            b.getLong(64),
            b.get(72) != 0,
            b.getShort(77) == 1);
    if (h.version < 1 || h.version > 3) {
      throw new UnsupportedDiskException(
          file, "offset " + (offset + 4), "version " + h.version + "; known are 1 to 3");
    }
    if ((h.flags & ~KNOWN) != 0) {
      throw new UnsupportedDiskException(
          file, "offset " + (offset + 8), "unknown flags " + Integer.toHexString(h.flags));
    }
    byte[] newlines = new byte[4];
    b.get(73, newlines);
    if ((h.flags & NEWLINE_TEST) != 0 && !java.util.Arrays.equals(newlines, NEWLINES)) {
      throw CorruptDiskException.at(
          file, offset + 73, "the newline test bytes differ: the file was transferred as text");
    }
    short algorithm = b.getShort(77);
    if (algorithm != 0 && algorithm != 1) {
      throw new UnsupportedDiskException(
          file, "offset " + (offset + 77), "compression algorithm " + algorithm);
    }
    h.checkGeometry(file, offset);
    return h;
  }

  private void checkGeometry(String file, long at) throws CorruptDiskException {
    if (capacity < 0 || capacity > Extent.MAX_SECTORS) {
      throw CorruptDiskException.at(file, at + 12, "capacity " + capacity);
    }
    if (grainSize < 1 || grainSize > MAX_GRAIN_SECTORS || Long.bitCount(grainSize) != 1) {
      throw CorruptDiskException.at(
          file, at + 20, "grain size " + grainSize + " is not a power of two up to 2^21 sectors");
    }
    if (compressed && grainSize * Extent.SECTOR > CompressedGrains.MAX_GRAIN) {
      throw CorruptDiskException.at(
          file, at + 20, "compressed grains of " + grainSize + " sectors; at most 2048");
    }
    if (tableLength < 1 || tableLength > 512) {
      throw CorruptDiskException.at(
          file, at + 44, "grain tables of " + tableLength + " entries, not 1 to 512");
    }
    checkSector(file, at + 28, "descriptor offset", descriptorOffset);
    checkSector(file, at + 36, "descriptor size", descriptorSize);
    checkSector(file, at + 48, "redundant directory", redundantDirectory);
    if (directory != AT_END) {
      checkSector(file, at + 56, "directory", directory);
    }
  }

  private static void checkSector(String file, long at, String field, long value)
      throws CorruptDiskException {
    if (value < 0 || value > Extent.MAX_SECTORS) {
      throw CorruptDiskException.at(
          file, at, field + " " + Long.toUnsignedString(value) + " sectors");
    }
  }

  boolean has(int flag) {
    return (flags & flag) != 0;
  }

  long grainBytes() {
    return grainSize * Extent.SECTOR;
  }

  /** Grain tables that the capacity needs. */
  long tables() {
    long span = grainSize * tableLength;
    return (capacity + span - 1) / span;
  }

  /** The sector. */
  ByteBuffer toBytes() {
    ByteBuffer b = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
    b.putInt(MAGIC).putInt(version).putInt(flags).putLong(capacity).putLong(grainSize);
    b.putLong(descriptorOffset).putLong(descriptorSize).putInt(tableLength);
    b.putLong(redundantDirectory).putLong(directory).putLong(overhead);
    b.put((byte) (uncleanShutdown ? 1 : 0)).put(NEWLINES);
    b.putShort((short) (compressed ? 1 : 0));
    return b.clear();
  }
}
