package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.UnsupportedDiskException;
import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.disk.copy.Chunk;
import io.vmsnap.disk.copy.CopyProgress;
import io.vmsnap.disk.copy.CopySource;
import io.vmsnap.disk.copy.ParallelCopy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.Deflater;

/**
 * Writes a disk as {@code streamOptimized}, front to back, so it can go into a pipe: header with
 * the directory "at the end", descriptor, compressed grains; after the grains of each table the
 * table; then the directory, the footer (the header that counts) and the end-of-stream marker. A
 * marker is a sector: its length in sectors (8 bytes), 0 (4), its kind (4). Grains are compressed
 * on all processors. Source: VMware "Virtual Disk Format 5.0", "Stream-Optimized Compressed Sparse
 * Extents".
 */
public final class StreamOptimizedWriter {
  private static final int GRAIN_SECTORS = HostedSparseWriter.GRAIN_SECTORS;
  private static final int GRAIN = HostedSparseWriter.GRAIN;
  private static final int TABLE_LENGTH = HostedSparseWriter.TABLE_LENGTH;
  private static final int DESCRIPTOR_SECTORS = 20;
  private static final int TABLE_MARKER = 1;
  private static final int DIRECTORY_MARKER = 2;
  private static final int FOOTER_MARKER = 3;
  private static final int END_MARKER = 0;

  private final WritableByteChannel target;
  private final String name;
  private final long capacity;
  private final ByteBuffer directory;
  private final ByteBuffer table = sectors(TABLE_LENGTH * Integer.BYTES);
  private long tableNumber = -1;
  private long nextSector;

  private StreamOptimizedWriter(WritableByteChannel target, String name, long capacity) {
    this.target = target;
    this.name = name;
    this.capacity = capacity;
    long tables = Math.ceilDiv(capacity, (long) TABLE_LENGTH * GRAIN);
    this.directory = sectors((int) (tables * Integer.BYTES));
  }

  /** Writes the disk; the channel stays open. */
  public static void write(
      VirtualDisk disk,
      WritableByteChannel target,
      ExportIdentity identity,
      int level,
      CopyProgress progress)
      throws IOException {
    StreamOptimizedWriter writer =
        new StreamOptimizedWriter(target, identity.fileName(), disk.capacity());
    writer.begin(identity);
    // a deflater holds memory outside the heap: one for each thread, ended with the copy
    List<Deflater> deflaters = new ArrayList<>();
    ThreadLocal<Deflater> own =
        ThreadLocal.withInitial(
            () -> {
              Deflater deflater = new Deflater(level);
              synchronized (deflaters) {
                deflaters.add(deflater);
              }
              return deflater;
            });
    try {
      new ParallelCopy(CopySource.ofDisk(disk), GRAIN, progress)
          .run(chunk -> compress(chunk, own.get()), writer::add);
    } finally {
      deflaters.forEach(Deflater::end);
    }
    writer.finish();
  }

  /** Grains of a chunk with their markers, each padded to a sector. */
  private record Compressed(long firstGrain, List<Integer> grains, List<ByteBuffer> bytes) {}

  private static Compressed compress(Chunk chunk, Deflater deflater) {
    List<Integer> grains = new ArrayList<>();
    List<ByteBuffer> bytes = new ArrayList<>();
    long first = chunk.offset() / GRAIN;
    chunk.blocks().stream()
        .forEach(
            i -> {
              grains.add(i);
              bytes.add(compress(chunk.block(i), (first + i) * GRAIN_SECTORS, deflater));
            });
    return new Compressed(first, grains, bytes);
  }

  private static ByteBuffer compress(ByteBuffer grain, long sector, Deflater deflater) {
    ByteBuffer content = grain;
    if (grain.remaining() < GRAIN) {
      // the last grain of a disk: readers expect a whole one
      content = ByteBuffer.allocate(GRAIN).put(grain).clear();
    }
    ByteBuffer out =
        ByteBuffer.allocate(CompressedGrains.MARKER + GRAIN + GRAIN / 8)
            .order(ByteOrder.LITTLE_ENDIAN);
    deflater.reset();
    deflater.setInput(content);
    deflater.finish();
    out.position(CompressedGrains.MARKER);
    while (!deflater.finished()) {
      deflater.deflate(out);
    }
    int length = out.position() - CompressedGrains.MARKER;
    out.putLong(0, sector).putInt(8, length);
    return out.limit(roundUp(out.position())).position(0);
  }

  private void begin(ExportIdentity identity) throws IOException {
    byte[] text = identity.descriptor("streamOptimized", ExtentType.SPARSE, capacity).toBytes();
    if (text.length > DESCRIPTOR_SECTORS * Extent.SECTOR) {
      throw new UnsupportedDiskException(name, "descriptor", "has " + text.length + " bytes");
    }
    ByteBuffer start = sectors(GRAIN_SECTORS * Extent.SECTOR);
    start.put(header(HostedSparseHeader.AT_END).toBytes()).put(text);
    write(start.clear());
  }

  private void add(Compressed chunk) throws IOException {
    for (int i = 0; i < chunk.grains.size(); i++) {
      long grain = chunk.firstGrain + chunk.grains.get(i);
      if (grain / TABLE_LENGTH != tableNumber) {
        flushTable();
        tableNumber = grain / TABLE_LENGTH;
      }
      table.putInt((int) (grain % TABLE_LENGTH) * Integer.BYTES, (int) nextSector);
      write(chunk.bytes.get(i));
    }
  }

  private void flushTable() throws IOException {
    if (tableNumber < 0) {
      return;
    }
    write(marker(TABLE_MARKER, table.capacity()));
    directory.putInt((int) tableNumber * Integer.BYTES, (int) nextSector);
    write(table.clear());
    SparseExtent.putZeros(table.clear(), table.capacity());
  }

  private void finish() throws IOException {
    flushTable();
    write(marker(DIRECTORY_MARKER, directory.capacity()));
    long directorySector = nextSector;
    write(directory.clear());
    write(marker(FOOTER_MARKER, Extent.SECTOR));
    write(header(directorySector).toBytes());
    write(marker(END_MARKER, 0));
  }

  private HostedSparseHeader header(long directorySector) {
    return new HostedSparseHeader(
        3,
        HostedSparseHeader.NEWLINE_TEST
            | HostedSparseHeader.COMPRESSED
            | HostedSparseHeader.MARKERS,
        capacity / Extent.SECTOR,
        GRAIN_SECTORS,
        1,
        DESCRIPTOR_SECTORS,
        TABLE_LENGTH,
        0,
        directorySector,
        GRAIN_SECTORS,
        false,
        true);
  }

  private static ByteBuffer marker(int kind, int bytes) {
    return sectors(Extent.SECTOR).putLong(0, bytes / Extent.SECTOR).putInt(12, kind);
  }

  private static ByteBuffer sectors(int bytes) {
    return ByteBuffer.allocate(roundUp(bytes)).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int roundUp(int bytes) {
    return (bytes + Extent.SECTOR - 1) / Extent.SECTOR * Extent.SECTOR;
  }

  private void write(ByteBuffer bytes) throws IOException {
    nextSector += bytes.remaining() / Extent.SECTOR;
    if (nextSector > 1L << 32) {
      throw new UnsupportedDiskException(
          name, "offset 2 TiB", "a sparse VMDK file holds at most 2 TiB; export to raw or qcow2");
    }
    while (bytes.hasRemaining()) {
      target.write(bytes);
    }
  }
}
