package io.vmsnap.disk.chain;

import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.storage.ByteRange;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** The content of a base disk. */
final class RawDisk implements VirtualDisk {
  private final BaseDisk base;
  private final StorageFile extent;

  RawDisk(VmStorage storage, BaseDisk base) throws IOException {
    this.base = base;
    this.extent = storage.open(base.extent(), OpenMode.READ);
  }

  @Override
  public String name() {
    return base.descriptor();
  }

  @Override
  public long capacity() {
    return base.capacity();
  }

  @Override
  public void read(ByteBuffer buffer, long offset) throws IOException {
    extent.readFully(buffer, offset);
  }

  @Override
  public List<DiskRun> runs(long offset, long length) throws IOException {
    DiskRun.Collector runs = new DiskRun.Collector();
    long at = offset;
    for (ByteRange data : extent.dataRanges(offset, length)) {
      runs.add(at, data.start() - at, Content.ZERO);
      runs.add(data.start(), data.length(), Content.DATA);
      at = data.end();
    }
    runs.add(at, offset + length - at, Content.ZERO);
    return runs.toList();
  }

  @Override
  public void close() throws IOException {
    extent.close();
  }
}
