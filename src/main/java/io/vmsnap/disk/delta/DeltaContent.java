package io.vmsnap.disk.delta;

import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** Reads the bytes that an extent holds. */
final class DeltaContent {
  private static final byte[] ZEROS = new byte[8192];

  private DeltaContent() {}

  /** Fills the buffer, which the runs cover; what is not data reads as zeros. */
  static void read(StorageFile extent, DeltaLayout layout, List<DiskRun> runs, ByteBuffer buffer)
      throws IOException {
    for (DiskRun run : runs) {
      int length = (int) run.length();
      if (run.content() == Content.DATA) {
        data(extent, layout.dataOffset() + run.start(), buffer, length);
      } else {
        putZeros(buffer, length);
      }
    }
  }

  /** Behind the end of the file there are zeros: QEMU extends it by writing only. */
  private static void data(StorageFile extent, long position, ByteBuffer buffer, int length)
      throws IOException {
    // As in SparseExtent: the buffer itself, no slice of it.
    int limit = buffer.limit();
    buffer.limit(buffer.position() + length);
    long at = position;
    while (buffer.hasRemaining()) {
      int n = extent.read(buffer, at);
      if (n < 0) {
        putZeros(buffer, buffer.remaining());
      } else {
        at += n;
      }
    }
    buffer.limit(limit);
  }

  static void putZeros(ByteBuffer buffer, int length) {
    int left = length;
    while (left > 0) {
      int n = Math.min(left, ZEROS.length);
      buffer.put(ZEROS, 0, n);
      left -= n;
    }
  }
}
