package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.DiskException;
import io.vmsnap.disk.UnsupportedDiskException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The first {@value #BYTES} bytes of a vmfsSparse extent, little endian, lengths and places in
 * sectors of 512 bytes:
 *
 * <pre>
 *    0  char[4]  magic "COWD"
 *    4  u32      version, 1
 *    8  u32      flags, 3
 *   12  u32      sectors of the disk
 *   16  u32      sectors in a grain
 *   20  u32      sector of the grain directory
 *   24  u32      entries of the grain directory
 *   28  u32      next free sector: where the file ends
 *   32  1028     geometry of a root, or name and generation of a parent; descriptors tell both
 * 1060  u32      generation
 * 1064  char[60] name
 * 1124  char[512] description
 * 1636  u32      saved generation
 * 1640  8        reserved
 * 1648  u32      unclean shutdown
 * 1652  396      padding
 * </pre>
 *
 * <p>A directory entry is the sector of a grain table, which has {@value #TABLE_ENTRIES} entries; a
 * table entry is the sector of a grain; 0 means there is none, and the parent's content shows.
 * Source: VMware "Virtual Disk Format 5.0" (COWDisk_Header), QEMU {@code block/vmdk.c}
 * (VMDK3Header, {@code vmdk_open_vmfs_sparse}), libvmdk's format documentation. See
 * docs/formats/vmdk-delta.md.
 *
 * @param capacitySectors 1 to 2^32 - 1
 * @param grainSectors a power of two, 1 to {@value #MAX_GRAIN_SECTORS}
 * @param directorySector sector of the grain directory
 * @param directoryEntries exactly as many as the capacity needs
 * @param freeSector sectors of the file in use
 * @param generation counts what the writer likes; this program counts seals
 * @param description free text in ASCII, at most {@value #DESCRIPTION_BYTES} bytes
 * @param uncleanShutdown whether the tables may lag behind the content
 */
public record CowdHeader(
    long capacitySectors,
    int grainSectors,
    long directorySector,
    int directoryEntries,
    long freeSector,
    int generation,
    String description,
    boolean uncleanShutdown) {
  /** Length of the header. */
  public static final int BYTES = 2048;

  /** Entries of every grain table. */
  public static final int TABLE_ENTRIES = 4096;

  /** Bytes of a grain table. */
  public static final int TABLE_BYTES = TABLE_ENTRIES * Integer.BYTES;

  /** Where the header ends and the grain directory usually starts. */
  public static final int DIRECTORY_SECTOR = BYTES / Extent.SECTOR;

  static final int MAX_GRAIN_SECTORS = 1 << 16;
  static final int DESCRIPTION_BYTES = 512;

  private static final int MAGIC = 0x44574f43; // "COWD", little endian
  private static final int VERSION = 1;
  private static final int FLAGS = 3;
  private static final long UNSIGNED = 0xffff_ffffL;
  private static final int GENERATION_OFFSET = 1060;
  private static final int DESCRIPTION_OFFSET = 1124;
  private static final int SAVED_GENERATION_OFFSET = 1636;
  private static final int UNCLEAN_OFFSET = 1648;

  /** Bytes of a grain. */
  public int grainBytes() {
    return grainSectors * Extent.SECTOR;
  }

  /**
   * Parses the header; checks every value before anybody multiplies or allocates with it.
   *
   * @param file for messages
   * @param bytes at least {@value #BYTES} bytes from the start of the file
   * @param fileSize length of the file in bytes
   */
  public static CowdHeader parse(String file, ByteBuffer bytes, long fileSize)
      throws DiskException {
    if (bytes.remaining() < BYTES) {
      throw CorruptDiskException.at(
          file, bytes.remaining(), "the file ends within its header of " + BYTES + " bytes");
    }
    ByteBuffer in = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    if (in.getInt(0) != MAGIC) {
      throw CorruptDiskException.at(file, 0, "no vmfsSparse extent: the magic COWD is missing");
    }
    if (in.getInt(4) != VERSION) {
      throw new UnsupportedDiskException(
          file,
          "offset 4",
          "vmfsSparse version " + (in.getInt(4) & UNSIGNED) + "; known is " + VERSION);
    }
    long sectors = in.getInt(12) & UNSIGNED;
    long grain = in.getInt(16) & UNSIGNED;
    long directory = in.getInt(20) & UNSIGNED;
    long entries = in.getInt(24) & UNSIGNED;
    if (sectors == 0) {
      throw CorruptDiskException.at(file, 12, "a disk of 0 sectors");
    }
    if (grain == 0 || grain > MAX_GRAIN_SECTORS || Long.bitCount(grain) != 1) {
      throw CorruptDiskException.at(
          file,
          16,
          "grains of " + grain + " sectors; a power of two up to " + MAX_GRAIN_SECTORS + " is due");
    }
    long needed = Math.ceilDiv(sectors, grain * TABLE_ENTRIES);
    if (entries != needed) {
      throw CorruptDiskException.at(
          file, 24, "a grain directory of " + entries + " entries; the capacity needs " + needed);
    }
    if (directory < DIRECTORY_SECTOR) {
      throw CorruptDiskException.at(file, 20, "the grain directory lies in the header");
    }
    if (directory * Extent.SECTOR + entries * Integer.BYTES > fileSize) {
      throw CorruptDiskException.at(
          file,
          20,
          "the grain directory (sector "
              + directory
              + ", "
              + entries
              + " entries) lies behind the end of the file at "
              + fileSize);
    }
    return new CowdHeader(
        sectors,
        (int) grain,
        directory,
        (int) entries,
        in.getInt(28) & UNSIGNED,
        in.getInt(GENERATION_OFFSET),
        text(in, DESCRIPTION_OFFSET, DESCRIPTION_BYTES),
        in.getInt(UNCLEAN_OFFSET) != 0);
  }

  /** The header's bytes, ready to be written at 0. */
  public ByteBuffer toBytes() {
    byte[] text = description.getBytes(StandardCharsets.US_ASCII);
    if (text.length >= DESCRIPTION_BYTES) {
      throw new IllegalArgumentException("description of " + text.length + " bytes");
    }
    ByteBuffer out = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(0, MAGIC)
        .putInt(4, VERSION)
        .putInt(8, FLAGS)
        .putInt(12, (int) capacitySectors)
        .putInt(16, grainSectors)
        .putInt(20, (int) directorySector)
        .putInt(24, directoryEntries)
        .putInt(28, (int) freeSector)
        .putInt(GENERATION_OFFSET, generation)
        .put(DESCRIPTION_OFFSET, text)
        .putInt(SAVED_GENERATION_OFFSET, generation)
        .putInt(UNCLEAN_OFFSET, uncleanShutdown ? 1 : 0);
    return out;
  }

  /** The same with the mark of tables that lag behind. */
  public CowdHeader withUncleanShutdown() {
    return new CowdHeader(
        capacitySectors,
        grainSectors,
        directorySector,
        directoryEntries,
        freeSector,
        generation,
        description,
        true);
  }

  /** The same after a seal. */
  public CowdHeader sealed(long newFreeSector) {
    return new CowdHeader(
        capacitySectors,
        grainSectors,
        directorySector,
        directoryEntries,
        newFreeSector,
        generation + 1,
        description,
        false);
  }

  private static String text(ByteBuffer in, int offset, int maxLength) {
    byte[] bytes = new byte[maxLength];
    in.get(offset, bytes);
    int length = 0;
    while (length < maxLength && bytes[length] != 0) {
      length++;
    }
    return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
  }
}
