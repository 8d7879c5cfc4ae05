package io.vmsnap.vmdir.memory;

import io.vmsnap.storage.ByteRange;

/**
 * One block of guest RAM in a {@code mapped-ram} stream; offsets in bytes from the start of the
 * file (QEMU {@code docs/devel/migration/mapped-ram.rst}, {@code migration/ram.c}, {@code struct
 * MappedRamHeader}).
 *
 * @param name QEMU's id of the block, such as {@code pc.ram}
 * @param usedLength bytes of RAM, a multiple of the page size
 * @param pageSize bytes, a power of two
 * @param bitmapOffset where the bitmap lies that tells which pages the file holds: bit {@code n} of
 *     the little-endian bit string is page {@code n}
 * @param pagesOffset where page 0 lies
 */
public record RamBlock(
    String name, long usedLength, int pageSize, long bitmapOffset, long pagesOffset) {
  /** The main memory of a PC, the only block whose size grows with the machine. */
  public static final String MAIN_RAM = "pc.ram";

  public long pageCount() {
    return usedLength / pageSize;
  }

  /** Bytes of the bitmap: whole 64-bit words, as QEMU writes its {@code unsigned long} array. */
  public long bitmapLength() {
    return (pageCount() + Long.SIZE - 1) / Long.SIZE * Long.BYTES;
  }

  public ByteRange pages() {
    return new ByteRange(pagesOffset, usedLength);
  }
}
