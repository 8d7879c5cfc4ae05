package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.storage.ByteRange;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** Raw content in a file, from an offset on; its holes are zeros that need no reading. */
final class FlatExtent implements VirtualDisk {
  private final StorageFile file;
  private final long offset;
  private final long capacity;

  FlatExtent(StorageFile file, long offset, long capacity) throws IOException {
    this.file = file;
    this.offset = offset;
    this.capacity = capacity;
    if (file.size() < offset + capacity) {
      throw CorruptDiskException.at(
          file.name(),
          file.size(),
          "the file ends here; the descriptor says that it has " + (offset + capacity) + " bytes");
    }
  }

  @Override
  public String name() {
    return file.name();
  }

  @Override
  public long capacity() {
    return capacity;
  }

  @Override
  public void read(ByteBuffer buffer, long position) throws IOException {
    file.readFully(buffer, offset + position);
  }

  @Override
  public List<DiskRun> runs(long position, long length) throws IOException {
    DiskRun.Collector runs = new DiskRun.Collector();
    long at = position;
    for (ByteRange data : file.dataRanges(offset + position, length)) {
      runs.add(at, data.start() - offset - at, Content.ZERO);
      runs.add(data.start() - offset, data.length(), Content.DATA);
      at = data.end() - offset;
    }
    runs.add(at, position + length - at, Content.ZERO);
    return runs.toList();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
