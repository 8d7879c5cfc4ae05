package io.vmsnap.disk.merge;

import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.index.LiveIndex;
import io.vmsnap.storage.ByteRange;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.util.List;

/** How much space a merge takes at most, before the child's files give theirs back. */
public final class MergeGrowth {
  private static final long WINDOW = 256L << 20;

  private MergeGrowth() {}

  /**
   * Bytes that the child holds where the parent's extent has a hole. Where blocks are shared, it
   * takes less.
   */
  public static long bytes(VmStorage storage, DeltaDisk child, MergeTarget parent)
      throws IOException {
    long growth = 0;
    long capacity = Math.min(child.layout().capacity(), parent.capacity());
    try (LiveIndex index = LiveIndex.open(storage, child.files().index());
        StorageFile source = storage.open(child.files().extent(), OpenMode.READ);
        StorageFile target = storage.open(parent.extent(), OpenMode.READ)) {
      long offset = child.layout().dataOffset();
      for (long at = 0; at < capacity; at += WINDOW) {
        long length = Math.min(WINDOW, capacity - at);
        List<ByteRange> data = source.dataRanges(offset + at, length);
        if (data.isEmpty()) {
          continue;
        }
        for (DiskRun run : index.runs(at, length)) {
          if (run.content() == Content.DATA) {
            growth += holes(run, data, offset, target, parent.dataOffset());
          }
        }
      }
    }
    return growth;
  }

  private static long holes(
      DiskRun run, List<ByteRange> data, long offset, StorageFile target, long targetOffset)
      throws IOException {
    long bytes = 0;
    for (int i = firstEndingAfter(data, offset + run.start()); i < data.size(); i++) {
      long from = Math.max(run.start(), data.get(i).start() - offset);
      long to = Math.min(run.end(), data.get(i).end() - offset);
      if (from >= run.end()) {
        break;
      }
      bytes += to - from;
      for (ByteRange there : target.dataRanges(targetOffset + from, to - from)) {
        bytes -= there.length();
      }
    }
    return bytes;
  }

  private static int firstEndingAfter(List<ByteRange> data, long position) {
    int low = 0;
    int high = data.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (data.get(middle).end() <= position) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
