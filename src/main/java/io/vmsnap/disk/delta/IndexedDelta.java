package io.vmsnap.disk.delta;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.disk.index.LiveIndex;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** A delta read as QEMU reads it: by its index. */
public final class IndexedDelta implements VirtualDisk {
  private final DeltaDisk delta;
  private final LiveIndex index;
  private final StorageFile extent;

  private IndexedDelta(DeltaDisk delta, LiveIndex index, StorageFile extent) {
    this.delta = delta;
    this.index = index;
    this.extent = extent;
  }

  /** Opens index and extent and checks that they belong together. */
  public static IndexedDelta open(VmStorage storage, DeltaDisk delta) throws IOException {
    LiveIndex index = LiveIndex.open(storage, delta.files().index());
    try {
      if (index.capacity() != delta.layout().capacity()) {
        throw CorruptDiskException.at(
            index.name(),
            24,
            index.capacity()
                + " bytes, but "
                + delta.files().descriptor()
                + " says "
                + delta.layout().capacity());
      }
      return new IndexedDelta(delta, index, storage.open(delta.files().extent(), OpenMode.READ));
    } catch (IOException | RuntimeException e) {
      index.close();
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
    return index.runs(offset, length);
  }

  @Override
  public void close() throws IOException {
    try (index) {
      extent.close();
    }
  }
}
