package io.vmsnap.disk.delta;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.DiskException;
import io.vmsnap.disk.UnsupportedDiskException;
import io.vmsnap.disk.vmdk.CowdHeader;
import io.vmsnap.disk.vmdk.Extent;

/**
 * Where everything lies in the extent of a delta: a function of the disk's capacity alone.
 *
 * <pre>
 * [ COWD header | grain directory | grain table 0, 1, 2 ... | pad to H ][ guest offset x at H + x ]
 * 0             2048              tablesOffset                          H = dataOffset
 * </pre>
 *
 * <p>Every table has its fixed place and every grain too, so sealing never moves data, and parts
 * that say nothing are holes. See docs/formats/vmdk-delta.md.
 *
 * @param capacity bytes of the guest's disk, a multiple of 512, up to {@link #MAX_CAPACITY}
 */
public record DeltaLayout(long capacity) {
  /** 4 KiB, as a subcluster of the index, so that the two views can say the same. */
  public static final int GRAIN_SECTORS = 8;

  /** Bytes of a grain. */
  public static final int GRAIN = GRAIN_SECTORS * Extent.SECTOR;

  /** What a grain table describes: 16 MiB. */
  public static final long TABLE_COVERAGE = (long) GRAIN * CowdHeader.TABLE_ENTRIES;

  /** Extent files start with, and grow by, this many bytes. */
  public static final long STEP = 16L << 20;

  /**
   * 2046 GiB. Sector numbers in the tables have 32 bits, so the file ends before 2 TiB, and just
   * below 2 GiB of these go to grain tables.
   */
  public static final long MAX_CAPACITY = 2046L << 30;

  /** Tables begin, and data begins, at multiples of file system blocks, which can be shared. */
  private static final int TABLE_ALIGNMENT = 4096;

  private static final int DATA_ALIGNMENT = 64 << 10;

  public DeltaLayout {
    if (capacity <= 0 || capacity % Extent.SECTOR != 0 || capacity > MAX_CAPACITY) {
      throw new IllegalArgumentException("capacity of " + capacity + " bytes");
    }
  }

  /**
   * The layout for a disk of that capacity.
   *
   * @param file the descriptor, for messages
   * @throws UnsupportedDiskException if the disk is too large for vmfsSparse
   */
  public static DeltaLayout of(String file, long capacity) throws DiskException {
    if (capacity <= 0 || capacity % Extent.SECTOR != 0) {
      throw CorruptDiskException.in(
          file, "a capacity of " + capacity + " bytes is not a positive multiple of 512");
    }
    if (capacity > MAX_CAPACITY) {
      throw new UnsupportedDiskException(
          file,
          "capacity",
          capacity
              + " bytes; a disk with snapshots has at most "
              + MAX_CAPACITY
              + " (2046 GiB), because vmfsSparse deltas number sectors with 32 bits"
              + " (2 TiB with the tables). Use several smaller disks");
    }
    return new DeltaLayout(capacity);
  }

  /** Entries of the grain directory, which is also the number of tables. */
  public int tables() {
    return (int) Math.ceilDiv(capacity, TABLE_COVERAGE);
  }

  /** Byte of table 0. */
  public long tablesOffset() {
    return roundUp(CowdHeader.BYTES + (long) tables() * Integer.BYTES, TABLE_ALIGNMENT);
  }

  /** Byte of a table. */
  public long tableOffset(int table) {
    return tablesOffset() + (long) table * CowdHeader.TABLE_BYTES;
  }

  /** H: the byte at which the guest's byte 0 lies. */
  public long dataOffset() {
    return roundUp(tableOffset(tables()), DATA_ALIGNMENT);
  }

  /** Grains of the disk; the last may be cut by the capacity. */
  public long grains() {
    return Math.ceilDiv(capacity, GRAIN);
  }

  /** The file never gets longer than this: tables, and every grain there is. */
  public long maxFileSize() {
    return dataOffset() + grains() * GRAIN;
  }

  /** Length of a new extent: the first step that reaches the data. */
  public long initialFileSize() {
    return stepped(dataOffset() + 1);
  }

  /** The length on the 16 MiB grid that covers so many bytes, at most {@link #maxFileSize}. */
  public long stepped(long bytes) {
    return Math.min(roundUp(bytes, STEP), maxFileSize());
  }

  /** Directory entry of a table that exists: its sector. */
  public int tableSector(int table) {
    return (int) (tableOffset(table) / Extent.SECTOR);
  }

  /** Table entry of a grain that exists: its sector; unsigned. */
  public int grainSector(long grain) {
    return (int) (dataOffset() / Extent.SECTOR + grain * GRAIN_SECTORS);
  }

  private static long roundUp(long value, long unit) {
    return Math.ceilDiv(value, unit) * unit;
  }
}
