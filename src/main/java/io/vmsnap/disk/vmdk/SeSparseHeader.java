package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.DiskException;
import io.vmsnap.disk.UnsupportedDiskException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * First sector of an SE sparse extent: 64-bit little-endian words, sizes and offsets in sectors.
 * VMware publishes no description; the facts are those of QEMU's reader ({@code block/vmdk.c},
 * {@code VMDKSESparseConstHeader}), which were found by reverse engineering:
 *
 * <pre>
 *   0 magic 0xcafebabe      8 version 0x200000001   16 capacity          24 grain size: 8
 *  32 grain table size: 64 40 flags: 0              48 reserved, 4 words
 *  80 volatile header: offset, size                 96 journal header: offset, size
 * 112 journal: offset, size                        128 grain directory: offset, size
 * 144 grain tables: offset, size                   160 free bitmap: offset, size
 * 176 back map: offset, size                       192 grains: offset, size
 * </pre>
 *
 * The volatile header: 0 magic 0xcafecafe, 8 free table number, 16 next transaction, 24 not 0 if
 * the journal must be replayed.
 */
record SeSparseHeader(
    long capacity,
    long volatileHeader,
    long directory,
    long directorySize,
    long tables,
    long tablesSize,
    long grains) {
  static final int SIZE = 512;
  static final long MAGIC = 0xcafebabeL;
  static final long VOLATILE_MAGIC = 0xcafecafeL;
  static final long VERSION = 0x0000000200000001L;
  static final int GRAIN_SECTORS = 8;
  static final int TABLE_SECTORS = 64;

  /** 64 TiB, more than VMware allows. */
  private static final long MAX_CAPACITY = 1L << 37;

  static SeSparseHeader parse(String file, ByteBuffer sector) throws DiskException {
    ByteBuffer b = sector.order(ByteOrder.LITTLE_ENDIAN);
    if (b.remaining() < SIZE || b.getLong(0) != MAGIC) {
      throw CorruptDiskException.at(file, 0, "no header of an SE sparse extent");
    }
    require(file, b, 8, "version", VERSION);
    require(file, b, 24, "grain size", GRAIN_SECTORS);
    require(file, b, 32, "grain table size", TABLE_SECTORS);
    require(file, b, 40, "flags", 0);
    for (int reserved = 48; reserved < 80; reserved += 8) {
      require(file, b, reserved, "reserved word", 0);
    }
    for (int field = 16; field < 208; field += 8) {
      long value = b.getLong(field);
      if (field != 40 && (value < 0 || value > Extent.MAX_SECTORS)) {
        throw CorruptDiskException.at(
            file, field, Long.toUnsignedString(value) + " sectors are impossible");
      }
    }
    if (b.getLong(16) > MAX_CAPACITY) {
      throw CorruptDiskException.at(file, 16, "capacity " + b.getLong(16) + " sectors");
    }
    return new SeSparseHeader(
        b.getLong(16),
        b.getLong(80),
        b.getLong(128),
        b.getLong(136),
        b.getLong(144),
        b.getLong(152),
        b.getLong(192));
  }

  /** Refuses an extent whose tables are not what the journal says. */
  static void checkVolatile(String file, long offset, ByteBuffer sector) throws DiskException {
    ByteBuffer b = sector.order(ByteOrder.LITTLE_ENDIAN);
    if (b.getLong(0) != VOLATILE_MAGIC) {
      throw CorruptDiskException.at(file, offset, "no volatile header of an SE sparse extent");
    }
    if (b.getLong(24) != 0) {
      throw new UnsupportedDiskException(
          file,
          "offset " + (offset + 24),
          "the journal must be replayed; open and close the disk once with VMware");
    }
  }

  private static void require(String file, ByteBuffer b, int at, String field, long value)
      throws UnsupportedDiskException {
    if (b.getLong(at) != value) {
      throw new UnsupportedDiskException(
          file,
          "offset " + at,
          field
              + " 0x"
              + Long.toHexString(b.getLong(at))
              + "; known is 0x"
              + Long.toHexString(value));
    }
  }
}
