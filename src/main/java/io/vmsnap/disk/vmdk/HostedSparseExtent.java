package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Opens hosted sparse extents, plain and stream-optimized.
 *
 * <p>The tables exist twice. The second copy is used where the first cannot be right (it points
 * beyond the file), and after an unclean shutdown also where only the second knows a grain: the
 * writer had written the grain before it wrote either table.
 */
final class HostedSparseExtent implements GrainMap {
  /** Footer marker, footer, end-of-stream marker: one sector each. */
  private static final int TAIL = 3 * Extent.SECTOR;

  private static final int FOOTER_MARKER = 3;

  private final HostedSparseHeader header;
  private final TableReader tables;
  private final GrainDirectory primary;
  private final GrainDirectory redundant;

  private HostedSparseExtent(HostedSparseHeader header, TableReader tables) {
    this.header = header;
    this.tables = tables;
    this.primary = directory(header.directory());
    this.redundant =
        header.has(HostedSparseHeader.REDUNDANT) && header.redundantDirectory() != 0
            ? directory(header.redundantDirectory())
            : null;
  }

  /** The extent; closing it closes the file. */
  static VirtualDisk open(StorageFile file) throws IOException {
    HostedSparseHeader header = header(file);
    TableReader tables = new TableReader(file, Integer.BYTES);
    long capacity = header.capacity() * Extent.SECTOR;
    CompressedGrains compressed =
        header.compressed()
            ? new CompressedGrains(
                file, capacity, (int) header.grainBytes(), header.has(HostedSparseHeader.MARKERS))
            : null;
    return new SparseExtent(
        file, capacity, header.grainBytes(), new HostedSparseExtent(header, tables), compressed);
  }

  /** The header that counts: the first sector, or in a stream the footer. */
  static HostedSparseHeader header(StorageFile file) throws IOException {
    HostedSparseHeader header = HostedSparseHeader.parse(file.name(), 0, sector(file, 0));
    if (header.directory() != HostedSparseHeader.AT_END) {
      return header;
    }
    long tail = file.size() - TAIL;
    ByteBuffer marker = tail < Extent.SECTOR ? null : sector(file, tail);
    if (marker == null || marker.getInt(8) != 0 || marker.getInt(12) != FOOTER_MARKER) {
      throw CorruptDiskException.at(
          file.name(),
          Math.max(tail, 0),
          "no footer marker where the stream ends: the file is cut off");
    }
    long at = tail + Extent.SECTOR;
    HostedSparseHeader footer = HostedSparseHeader.parse(file.name(), at, sector(file, at));
    if (footer.directory() == HostedSparseHeader.AT_END) {
      throw CorruptDiskException.at(
          file.name(), at + 56, "the footer does not say where the grain directory is");
    }
    return footer;
  }

  private static ByteBuffer sector(StorageFile file, long offset) throws IOException {
    if (file.size() < offset + Extent.SECTOR) {
      throw CorruptDiskException.at(file.name(), offset, "the file ends within its header");
    }
    ByteBuffer sector = ByteBuffer.allocate(Extent.SECTOR).order(ByteOrder.LITTLE_ENDIAN);
    file.readFully(sector, offset);
    return sector.flip();
  }

  private GrainDirectory directory(long sector) {
    return new GrainDirectory(tables, sector * Extent.SECTOR, header.tables());
  }

  @Override
  public int tableLength() {
    return header.tableLength();
  }

  @Override
  public long[] table(long number) throws IOException {
    CorruptDiskException damage = null;
    long[] first = null;
    try {
      first = table(primary, number);
    } catch (CorruptDiskException e) {
      damage = e;
    }
    if (redundant == null || damage == null && !header.uncleanShutdown()) {
      return orThrow(first, damage);
    }
    long[] second;
    try {
      second = table(redundant, number);
    } catch (CorruptDiskException e) {
      if (damage != null) {
        damage.addSuppressed(e);
      }
      return orThrow(first, damage);
    }
    if (first == null || first.length == 0 || second.length == 0) {
      return first == null || first.length == 0 ? second : first;
    }
    for (int i = 0; i < first.length; i++) {
      if (first[i] == INHERITED) {
        first[i] = second[i];
      }
    }
    return first;
  }

  private static long[] orThrow(long[] table, CorruptDiskException damage)
      throws CorruptDiskException {
    if (damage != null) {
      throw damage;
    }
    return table;
  }

  /** A fresh array, checked. */
  private long[] table(GrainDirectory directory, long number) throws IOException {
    long sector = directory.entry(number);
    if (sector == 0) {
      return new long[0];
    }
    long offset = sector * Extent.SECTOR;
    long[] raw = tables.read(offset, header.tableLength(), "grain table " + number);
    long[] places = new long[raw.length];
    long grainBytes = header.grainBytes();
    long firstGrain = number * raw.length;
    long lastGrain = (header.capacity() * Extent.SECTOR - 1) / grainBytes;
    for (int i = 0; i < raw.length; i++) {
      if (raw[i] == 0 || firstGrain + i > lastGrain) {
        places[i] = INHERITED;
      } else if (raw[i] == 1 && header.has(HostedSparseHeader.ZEROED_GRAINS)) {
        places[i] = ZERO;
      } else {
        places[i] = raw[i] * Extent.SECTOR;
        long length =
            header.compressed()
                ? CompressedGrains.MARKER
                : Math.min(
                    grainBytes, header.capacity() * Extent.SECTOR - (firstGrain + i) * grainBytes);
        if (!tables.holds(places[i], length)) {
          throw CorruptDiskException.at(
              tables.fileName(),
              offset + i * 4L,
              "grain " + (firstGrain + i) + " at sector " + raw[i] + " is beyond the file's end");
        }
      }
    }
    return places;
  }
}
