package io.vmsnap.disk.index;

import static io.vmsnap.disk.index.IndexGeometry.CLUSTER;
import static io.vmsnap.disk.index.IndexGeometry.L2_ENTRY;

import io.vmsnap.disk.CorruptDiskException;
import java.nio.ByteBuffer;

/**
 * One cluster of extended L2 entries, big endian. An entry has 128 bits:
 *
 * <pre>
 * first 64   bit 63 "copied", bit 62 compressed, bits 9 to 55 offset in the data file
 * second 64  bits 0 to 31: subcluster i is allocated; bits 32 to 63: subcluster i reads as zeros
 * </pre>
 *
 * <p>In the data file a guest cluster always has its guest offset; QEMU keeps this for every
 * external data file ({@code block/qcow2-cluster.c}, {@code do_alloc_cluster_offset}), and offset 0
 * means "none" unless the copied bit is set. Here it is verified, because the sealed view and
 * merges rely on it.
 */
final class L2Table {
  private static final long COPIED = 1L << 63;
  private static final long COMPRESSED = 1L << 62;
  private static final long OFFSET_MASK = 0x00ff_ffff_ffff_fe00L;
  private static final long LOW = 0xffff_ffffL;

  private final String file;
  private final long offset;
  private final long guestStart;
  private final ByteBuffer bytes;

  /**
   * @param offset byte of the table in the index, for messages
   * @param guestStart guest offset of its first cluster
   */
  L2Table(String file, long offset, long guestStart, ByteBuffer bytes) {
    this.file = file;
    this.offset = offset;
    this.guestStart = guestStart;
    this.bytes = bytes;
  }

  /** Bits 0 to 31: subclusters whose bytes are in the data file. */
  int data(int entry) throws CorruptDiskException {
    long bitmap = checkedBitmap(entry);
    return (int) (bitmap & LOW);
  }

  /** Bits 0 to 31: subclusters that read as zeros. */
  int zero(int entry) throws CorruptDiskException {
    return (int) (checkedBitmap(entry) >>> 32);
  }

  /** Sets the two bitmaps of an entry; none may overlap. */
  void set(int entry, int data, int zero) {
    if ((data & zero) != 0) {
      throw new IllegalArgumentException("a subcluster is data or zeros, not both");
    }
    boolean allocated = data != 0 || (bytes.getLong(entry * L2_ENTRY) & COPIED) != 0;
    long host = guestStart + (long) entry * CLUSTER;
    bytes.putLong(entry * L2_ENTRY, allocated ? host | COPIED : 0);
    bytes.putLong(entry * L2_ENTRY + 8, (zero & LOW) << 32 | data & LOW);
  }

  ByteBuffer bytes() {
    return bytes.duplicate().clear();
  }

  long offset() {
    return offset;
  }

  private long checkedBitmap(int entry) throws CorruptDiskException {
    int at = entry * L2_ENTRY;
    long descriptor = bytes.getLong(at);
    long bitmap = bytes.getLong(at + 8);
    if (descriptor == 0 && (bitmap & LOW) == 0) {
      return bitmap;
    }
    long expected = guestStart + (long) entry * CLUSTER;
    if ((descriptor & COMPRESSED) != 0
        || (descriptor & ~(COPIED | OFFSET_MASK)) != 0
        || (descriptor & COPIED) == 0
        || (descriptor & OFFSET_MASK) != expected) {
      throw CorruptDiskException.at(
          file,
          offset + at,
          String.format(
              "the L2 entry %016x of guest offset %d does not say offset %d in the data file",
              descriptor, expected, expected));
    }
    if ((bitmap & bitmap >>> 32 & LOW) != 0) {
      throw CorruptDiskException.at(
          file,
          offset + at + 8,
          String.format("subclusters are allocated and zero at once: %016x", bitmap));
    }
    return bitmap;
  }
}
