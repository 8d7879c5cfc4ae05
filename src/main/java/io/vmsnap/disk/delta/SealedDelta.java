package io.vmsnap.disk.delta;

import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.disk.vmdk.CowdHeader;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A delta read as VMware's programs read it: by its grain tables. */
public final class SealedDelta implements VirtualDisk {
  /** Tables kept in memory: 64 describe 1 GiB and take 1 MiB. */
  private static final int CACHED_TABLES = 64;

  private final DeltaDisk delta;
  private final StorageFile extent;
  private final GrainTables tables;
  private final Map<Integer, int[]> cache =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, int[]> eldest) {
          return size() > CACHED_TABLES;
        }
      };

  private SealedDelta(DeltaDisk delta, StorageFile extent, GrainTables tables) {
    this.delta = delta;
    this.extent = extent;
    this.tables = tables;
  }

  /** Opens the extent; its tables say what they said at the last seal. */
  public static SealedDelta open(VmStorage storage, DeltaDisk delta) throws IOException {
    StorageFile extent = storage.open(delta.files().extent(), OpenMode.READ);
    try {
      return new SealedDelta(delta, extent, GrainTables.read(extent, delta.layout()));
    } catch (IOException | RuntimeException e) {
      extent.close();
      throw e;
    }
  }

  @Override
  public String name() {
    return delta.files().descriptor();
  }

  @Override
  public long capacity() {
    return delta.layout().capacity();
  }

  @Override
  public void read(ByteBuffer buffer, long offset) throws IOException {
    DeltaContent.read(extent, delta.layout(), runs(offset, buffer.remaining()), buffer);
  }

  @Override
  public List<DiskRun> runs(long offset, long length) throws IOException {
    DiskRun.Collector runs = new DiskRun.Collector();
    long end = offset + length;
    for (long at = offset; at < end; ) {
      int number = (int) (at / DeltaLayout.TABLE_COVERAGE);
      long tableEnd = Math.min(end, (number + 1) * DeltaLayout.TABLE_COVERAGE);
      if (!tables.exists(number)) {
        runs.add(at, tableEnd - at, Content.INHERITED);
        at = tableEnd;
        continue;
      }
      int[] entries = entries(number);
      while (at < tableEnd) {
        long grain = at / DeltaLayout.GRAIN;
        long grainEnd = Math.min(tableEnd, (grain + 1) * DeltaLayout.GRAIN);
        boolean there = entries[(int) (grain % CowdHeader.TABLE_ENTRIES)] != 0;
        runs.add(at, grainEnd - at, there ? Content.DATA : Content.INHERITED);
        at = grainEnd;
      }
    }
    return runs.toList();
  }

  private int[] entries(int number) throws IOException {
    synchronized (cache) {
      int[] entries = cache.get(number);
      if (entries == null) {
        entries = tables.checked(number);
        cache.put(number, entries);
      }
      return entries;
    }
  }

  @Override
  public void close() throws IOException {
    extent.close();
  }
}
