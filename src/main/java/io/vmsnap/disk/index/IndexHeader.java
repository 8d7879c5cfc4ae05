package io.vmsnap.disk.index;

import static io.vmsnap.disk.index.IndexGeometry.CLUSTER;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.DiskException;
import io.vmsnap.disk.UnsupportedDiskException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The header of a live index: a qcow2 image, version 3, whose guest data lies in an external data
 * file (the delta's extent from its data offset on) and whose L2 entries have subclusters. Big
 * endian:
 *
 * <pre>
 *    0  u32  magic "QFI\xfb"            4  u32  version, 3
 *    8  u64  backing file offset, 0    16  u32  backing file size, 0
 *   20  u32  cluster bits, 17          24  u64  capacity in bytes
 *   32  u32  encryption, 0             36  u32  L1 entries
 *   40  u64  offset of the L1 table    48  u64  offset of the refcount table
 *   56  u32  refcount table clusters   60  u32  internal snapshots, 0
 *   64  u64  offset of snapshots, 0    72  u64  incompatible features: 2 (external data file),
 *   80  u64  compatible features                4 (extended L2); 0 and 1 say dirty and corrupt
 *   88  u64  autoclear features; 1 (raw external data) must not be set: zeroes would be lost
 *   96  u32  refcount order, 4        100  u32  header length
 *  104  u8   compression, 0, padded to 112; then extensions: u32 type, u32 length, content padded
 *            to 8 bytes; type 0 ends them
 * </pre>
 *
 * <p>The data file is always given to QEMU explicitly, because it begins inside another file. The
 * extension 0x44415441 therefore holds {@code EXTENT@OFFSET}, which says the same to people and is
 * no file's name: a program that would open the extent itself as the data file, and so overwrite
 * its header, finds nothing to open.
 *
 * <p>Source: QEMU {@code docs/interop/qcow2.rst}, {@code block/qcow2.c}. See docs/formats/index.md.
 *
 * @param capacity bytes, a multiple of 512
 * @param l1Offset byte of the L1 table, a multiple of the cluster size
 * @param l1Entries at least as many as the capacity needs
 * @param refcountTableOffset byte of the refcount table, a multiple of the cluster size
 * @param refcountTableClusters clusters of the refcount table
 * @param dataFile text of the data file extension, empty if there is none
 */
record IndexHeader(
    long capacity,
    long l1Offset,
    int l1Entries,
    long refcountTableOffset,
    int refcountTableClusters,
    String dataFile) {
  /** What is read at once; the header and its extensions lie in it. */
  static final int READ_BYTES = 4096;

  private static final int MAGIC = 0x514649fb;
  private static final int VERSION = 3;
  private static final int LENGTH = 112;
  private static final int MIN_LENGTH = 104;
  private static final long DIRTY = 1;
  private static final long CORRUPT = 2;
  private static final long EXTERNAL_DATA = 4;
  private static final long EXTENDED_L2 = 16;
  private static final long RAW_EXTERNAL_DATA = 2;
  private static final int DATA_FILE = 0x44415441;
  private static final int SECTOR = 512;

  /** Parses the header of a file of the given length. */
  static IndexHeader parse(String file, ByteBuffer bytes, long fileSize) throws DiskException {
    Fields in = new Fields(file, bytes.slice());
    if (in.bytes.remaining() < LENGTH || in.u32(0) != (MAGIC & 0xffff_ffffL)) {
      throw CorruptDiskException.at(file, 0, "no index: the magic of a qcow2 image is missing");
    }
    in.require(4, in.u32(4), VERSION, "version");
    in.require(8, in.u64(8), 0, "backing file");
    in.require(20, in.u32(20), IndexGeometry.CLUSTER_BITS, "cluster bits");
    in.require(32, in.u32(32), 0, "encryption");
    in.require(60, in.u32(60), 0, "internal snapshots");
    long incompatible = in.u64(72);
    if ((incompatible & CORRUPT) != 0) {
      throw CorruptDiskException.at(
          file, 72, "QEMU marked the index as corrupt; rebuild it from the grain tables");
    }
    if ((incompatible & DIRTY) != 0) {
      throw CorruptDiskException.at(file, 72, "the index is marked dirty; repair it first");
    }
    in.require(72, incompatible, EXTERNAL_DATA | EXTENDED_L2, "incompatible features");
    if ((in.u64(88) & RAW_EXTERNAL_DATA) != 0) {
      throw new UnsupportedDiskException(
          file, "offset 88", "raw external data cannot be inherited");
    }
    in.require(96, in.u32(96), IndexGeometry.REFCOUNT_ORDER, "refcount order");
    long length = in.u32(100);
    if (length < MIN_LENGTH || length > in.bytes.limit() || length % 8 != 0) {
      throw CorruptDiskException.at(file, 100, "a header of " + length + " bytes");
    }
    if (length > MIN_LENGTH) {
      in.require(104, in.bytes.get(104), 0, "compression");
    }
    long capacity = in.u64(24);
    if (capacity <= 0 || capacity % SECTOR != 0) {
      throw CorruptDiskException.at(file, 24, "a capacity of " + capacity + " bytes");
    }
    long l1Entries = in.u32(36);
    if (l1Entries > IndexGeometry.MAX_L1_ENTRIES
        || l1Entries < Math.ceilDiv(capacity, IndexGeometry.L2_COVERAGE)) {
      throw CorruptDiskException.at(
          file, 36, "an L1 table of " + l1Entries + " entries for " + capacity + " bytes");
    }
    in.inFile(40, l1Entries * Long.BYTES, fileSize, "the L1 table");
    long refcountClusters = in.u32(56);
    if (refcountClusters == 0 || refcountClusters > 64) {
      throw CorruptDiskException.at(
          file, 56, "a refcount table of " + refcountClusters + " clusters");
    }
    in.inFile(48, refcountClusters * CLUSTER, fileSize, "the refcount table");
    return new IndexHeader(
        capacity,
        in.u64(40),
        (int) l1Entries,
        in.u64(48),
        (int) refcountClusters,
        in.dataFile((int) length));
  }

  /** Header and extensions. */
  ByteBuffer toBytes() {
    byte[] name = dataFile.getBytes(StandardCharsets.UTF_8);
    int end = LENGTH + 8 + Math.ceilDiv(name.length, 8) * 8 + 8;
    if (end > READ_BYTES) {
      throw new IllegalArgumentException("data file name of " + name.length + " bytes");
    }
    ByteBuffer out = ByteBuffer.allocate(end);
    out.putInt(0, MAGIC)
        .putInt(4, VERSION)
        .putInt(20, IndexGeometry.CLUSTER_BITS)
        .putLong(24, capacity)
        .putInt(36, l1Entries)
        .putLong(40, l1Offset)
        .putLong(48, refcountTableOffset)
        .putInt(56, refcountTableClusters)
        .putLong(72, EXTERNAL_DATA | EXTENDED_L2)
        .putInt(96, IndexGeometry.REFCOUNT_ORDER)
        .putInt(100, LENGTH)
        .putInt(LENGTH, DATA_FILE)
        .putInt(LENGTH + 4, name.length)
        .put(LENGTH + 8, name);
    return out;
  }

  private record Fields(String file, ByteBuffer bytes) {
    long u32(int offset) {
      return bytes.getInt(offset) & 0xffff_ffffL;
    }

    long u64(int offset) {
      return bytes.getLong(offset);
    }

    void require(int offset, long value, long expected, String field) throws DiskException {
      if (value != expected) {
        throw new UnsupportedDiskException(
            file,
            "offset " + offset,
            field + " is " + value + "; an index of this program has " + expected);
      }
    }

    void inFile(int field, long length, long fileSize, String what) throws DiskException {
      long offset = u64(field);
      if (offset <= 0 || offset % CLUSTER != 0 || offset > fileSize - length) {
        throw CorruptDiskException.at(
            file,
            field,
            what + " at " + offset + " is not a cluster inside the file of " + fileSize + " bytes");
      }
    }

    String dataFile(int start) throws DiskException {
      int at = start;
      while (at + 8 <= bytes.limit()) {
        int type = bytes.getInt(at);
        long length = u32(at + 4);
        if (type == 0) {
          return "";
        }
        if (length > bytes.limit() - at - 8) {
          throw CorruptDiskException.at(
              file, at, "a header extension of " + length + " bytes leaves the header");
        }
        if (type == DATA_FILE) {
          byte[] name = new byte[(int) length];
          bytes.get(at + 8, name);
          return new String(name, StandardCharsets.UTF_8);
        }
        at += 8 + Math.ceilDiv((int) length, 8) * 8;
      }
      return "";
    }
  }
}
