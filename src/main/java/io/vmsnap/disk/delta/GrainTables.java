package io.vmsnap.disk.delta;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.vmdk.CowdHeader;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;

/**
 * Grain directory and grain tables of a delta with the fixed layout: an entry is either 0 or the
 * one place that the layout gives it. The directory is held in memory (4 bytes for 16 MiB of disk).
 */
final class GrainTables {
  private final StorageFile extent;
  private final DeltaLayout layout;
  private final int[] directory;

  private GrainTables(StorageFile extent, DeltaLayout layout, int[] directory) {
    this.extent = extent;
    this.layout = layout;
    this.directory = directory;
  }

  /** Reads and checks the directory. */
  static GrainTables read(StorageFile extent, DeltaLayout layout) throws IOException {
    ByteBuffer bytes = buffer(layout.tables() * Integer.BYTES);
    extent.readFully(bytes, CowdHeader.BYTES);
    int[] directory = new int[layout.tables()];
    bytes.flip().asIntBuffer().get(directory);
    long size = extent.size();
    for (int i = 0; i < directory.length; i++) {
      if (directory[i] == 0) {
        continue;
      }
      long at = CowdHeader.BYTES + (long) i * Integer.BYTES;
      if (directory[i] != layout.tableSector(i)) {
        throw CorruptDiskException.at(
            extent.name(),
            at,
            "grain table "
                + i
                + " at sector "
                + Integer.toUnsignedString(directory[i])
                + "; its place is sector "
                + layout.tableSector(i));
      }
      if (layout.tableOffset(i + 1) > size) {
        throw CorruptDiskException.at(
            extent.name(), at, "grain table " + i + " lies behind the end of the file at " + size);
      }
    }
    return new GrainTables(extent, layout, directory);
  }

  boolean exists(int table) {
    return directory[table] != 0;
  }

  void setExists(int table, boolean exists) {
    directory[table] = exists ? layout.tableSector(table) : 0;
  }

  /** Reads the entries of consecutive tables as they are in the file, existing or not. */
  void read(int first, int count, int[] entries) throws IOException {
    ByteBuffer bytes = buffer(count * CowdHeader.TABLE_BYTES);
    extent.readFully(bytes, layout.tableOffset(first));
    bytes.flip().asIntBuffer().get(entries, 0, count * CowdHeader.TABLE_ENTRIES);
  }

  /** The entries of one table that exists, each of them checked. */
  int[] checked(int table) throws IOException {
    int[] entries = new int[CowdHeader.TABLE_ENTRIES];
    read(table, 1, entries);
    long firstGrain = (long) table * CowdHeader.TABLE_ENTRIES;
    for (int i = 0; i < entries.length; i++) {
      long grain = firstGrain + i;
      if (entries[i] != 0
          && (grain >= layout.grains() || entries[i] != layout.grainSector(grain))) {
        throw CorruptDiskException.at(
            extent.name(),
            layout.tableOffset(table) + (long) i * Integer.BYTES,
            "grain "
                + grain
                + " at sector "
                + Integer.toUnsignedString(entries[i])
                + (grain >= layout.grains()
                    ? "; the disk has " + layout.grains() + " grains"
                    : "; its place is sector "
                        + Integer.toUnsignedString(layout.grainSector(grain))));
      }
    }
    return entries;
  }

  void write(int table, int[] entries, int from) throws IOException {
    ByteBuffer bytes = buffer(CowdHeader.TABLE_BYTES);
    bytes.asIntBuffer().put(entries, from, CowdHeader.TABLE_ENTRIES);
    extent.write(bytes, layout.tableOffset(table));
  }

  /** Writes a part of the directory. */
  void writeDirectory(int first, int count) throws IOException {
    ByteBuffer bytes = buffer(count * Integer.BYTES);
    IntBuffer ints = bytes.asIntBuffer();
    ints.put(directory, first, count);
    extent.write(bytes, CowdHeader.BYTES + (long) first * Integer.BYTES);
  }

  private static ByteBuffer buffer(int length) {
    return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
  }
}
