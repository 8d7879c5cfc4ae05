package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.VirtualDisk;
import java.nio.ByteBuffer;
import java.util.List;

/** An extent of type ZERO. */
record ZeroExtent(String name, long capacity) implements VirtualDisk {
  @Override
  public void read(ByteBuffer buffer, long offset) {
    SparseExtent.putZeros(buffer, buffer.remaining());
  }

  @Override
  public List<DiskRun> runs(long offset, long length) {
    return List.of(new DiskRun(offset, length, DiskRun.Content.ZERO));
  }

  @Override
  public void close() {
    // holds nothing
  }
}
