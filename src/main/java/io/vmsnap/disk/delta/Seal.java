package io.vmsnap.disk.delta;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.disk.index.IndexGeometry;
import io.vmsnap.disk.index.LiveIndex;
import io.vmsnap.disk.vmdk.CowdHeader;
import io.vmsnap.disk.vmdk.Extent;
import io.vmsnap.storage.ByteRange;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;

/**
 * Brings a delta's grain tables up to date with its index, so that any VMDK reader sees its
 * content.
 *
 * <p>It looks only at gibibytes whose part of the index changed since the last seal ({@link
 * SealStamp}) and writes only tables that differ; empty gibibytes cost nothing. Zeros have no code
 * in vmfsSparse: their grains exist, and the bytes behind them become a hole. May be interrupted
 * and repeated at any instant: until the last write the header says that the tables lag behind.
 *
 * <p>The delta must not be written meanwhile; QEMU may have it open below another one.
 */
public final class Seal {
  private static final int TABLES_AT_ONCE =
      (int) (IndexGeometry.L2_COVERAGE / DeltaLayout.TABLE_COVERAGE);

  private final StorageFile extent;
  private final LiveIndex index;
  private final DeltaLayout layout;
  private final GrainTables tables;
  private final SealStamp stamp;
  private CowdHeader header;
  private int tablesWritten;
  private long grains;
  private long punchedBytes;
  private long contentEnd;
  private final int[] wanted = new int[TABLES_AT_ONCE * CowdHeader.TABLE_ENTRIES];
  private final int[] present = new int[wanted.length];

  /**
   * What a seal did.
   *
   * @param tablesWritten grain tables that changed
   * @param grains grains that the delta holds now
   * @param punchedBytes bytes given back to the volume
   */
  public record Result(int tablesWritten, long grains, long punchedBytes) {}

  private Seal(VmStorage storage, StorageFile extent, LiveIndex index, DeltaDisk delta)
      throws IOException {
    this.extent = extent;
    this.index = index;
    this.layout = delta.layout();
    this.header = delta.header(extent);
    this.tables = GrainTables.read(extent, layout);
    this.stamp = SealStamp.read(storage, delta, header.generation());
  }

  /** Seals the delta; durable when it returns. */
  public static Result run(VmStorage storage, DeltaDisk delta) throws IOException {
    try (LiveIndex index = LiveIndex.open(storage, delta.files().index());
        StorageFile extent = storage.open(delta.files().extent(), OpenMode.READ_WRITE)) {
      if (index.capacity() != delta.layout().capacity()) {
        throw CorruptDiskException.at(
            index.name(), 24, "the capacity is not that of " + delta.files().descriptor());
      }
      Seal seal = new Seal(storage, extent, index, delta);
      int generation = seal.header.generation();
      Result result = seal.run();
      if (seal.header.generation() != generation) {
        seal.remember(storage, delta);
      }
      return result;
    }
  }

  /** The seal is complete and durable; without the stamp the next one is only slower. */
  private void remember(VmStorage storage, DeltaDisk delta) {
    try {
      stamp.write(storage, delta, header.generation());
    } catch (IOException e) {
      // A full volume, for one. What was written of the stamp does not match its digest.
    }
  }

  private Result run() throws IOException {
    int first = 0;
    while (first < layout.tables()) {
      int count = Math.min(TABLES_AT_ONCE, layout.tables() - first);
      int gibibyte = first / TABLES_AT_ONCE;
      if (!index.isEmpty(gibibyte)) {
        sealIfChanged(gibibyte, first, count);
      } else if (anyExists(first, count)) {
        sealGibibyte(first, count);
      }
      first += count;
    }
    long size = layout.stepped(Math.max(extent.size(), layout.dataOffset() + contentEnd));
    boolean grows = size > extent.size();
    if (grows) {
      beforeWrite();
      extent.extendTo(size);
    }
    if (header.uncleanShutdown()) {
      // Tables and holes must be on disk before the header calls them complete.
      extent.sync();
      header = header.sealed(size / Extent.SECTOR);
      extent.write(header.toBytes(), 0);
      extent.sync();
    }
    return new Result(tablesWritten, grains, punchedBytes);
  }

  private void sealIfChanged(int gibibyte, int first, int count) throws IOException {
    MessageDigest sha = SealStamp.sha256();
    index.digest(gibibyte, sha);
    byte[] digest = sha.digest();
    if (stamp.isSame(gibibyte, digest)) {
      grains += stamp.grains(gibibyte);
      return;
    }
    long before = grains;
    boolean zeros = sealGibibyte(first, count);
    // Zeros that were overwritten and zeroed again leave the index as it was, but bytes behind
    // them:
    // where there are zeros, every seal has to look.
    stamp.set(gibibyte, zeros ? SealStamp.UNKNOWN : digest, (int) (grains - before));
  }

  private boolean anyExists(int first, int count) {
    for (int i = first; i < first + count; i++) {
      if (tables.exists(i)) {
        return true;
      }
    }
    return false;
  }

  /** Seals the tables of one L2 table of the index; returns whether it has zeros. */
  private boolean sealGibibyte(int first, int count) throws IOException {
    long start = first * DeltaLayout.TABLE_COVERAGE;
    long end = Math.min(layout.capacity(), start + count * DeltaLayout.TABLE_COVERAGE);
    List<DiskRun> runs = index.runs(start, end - start);
    Arrays.fill(wanted, 0);
    for (DiskRun run : runs) {
      if (run.content() != Content.INHERITED) {
        fill(run, first);
        contentEnd = Math.max(contentEnd, run.end());
      }
    }
    boolean anyPresent = anyExists(first, count);
    if (anyPresent) {
      tables.read(first, count, present);
    }
    boolean directoryChanged = false;
    for (int i = 0; i < count; i++) {
      directoryChanged |= sealTable(first + i, i * CowdHeader.TABLE_ENTRIES);
    }
    if (directoryChanged) {
      tables.writeDirectory(first, count);
    }
    boolean zeros = false;
    for (DiskRun run : runs) {
      if (run.content() == Content.ZERO) {
        zeros = true;
        punch(run);
      }
    }
    return zeros;
  }

  private void fill(DiskRun run, int firstTable) {
    long base = (long) firstTable * CowdHeader.TABLE_ENTRIES;
    long from = run.start() / DeltaLayout.GRAIN;
    long to = Math.ceilDiv(run.end(), DeltaLayout.GRAIN);
    for (long grain = from; grain < to; grain++) {
      wanted[(int) (grain - base)] = layout.grainSector(grain);
    }
    grains += to - from;
  }

  /** Writes the table if it differs; returns whether its directory entry changed. */
  private boolean sealTable(int table, int at) throws IOException {
    int end = at + CowdHeader.TABLE_ENTRIES;
    boolean exists = tables.exists(table);
    if (exists) {
      if (Arrays.equals(wanted, at, end, present, at, end)) {
        return false;
      }
    } else if (isEmpty(at, end)) {
      return false;
    }
    beforeWrite();
    tablesWritten++;
    tables.write(table, wanted, at);
    tables.setExists(table, true);
    return !exists;
  }

  private boolean isEmpty(int at, int end) {
    for (int i = at; i < end; i++) {
      if (wanted[i] != 0) {
        return false;
      }
    }
    return true;
  }

  /** Frees what lies behind zeros; stale bytes there would show in the sealed view. */
  private void punch(DiskRun run) throws IOException {
    long from = layout.dataOffset() + run.start();
    for (ByteRange data : extent.dataRanges(from, run.length())) {
      beforeWrite();
      extent.punchHole(data.start(), data.length());
      punchedBytes += data.length();
    }
  }

  /** The header says "lagging" on disk before the first table changes. */
  private void beforeWrite() throws IOException {
    if (!header.uncleanShutdown()) {
      header = header.withUncleanShutdown();
      extent.write(header.toBytes(), 0);
      extent.sync();
    }
  }
}
