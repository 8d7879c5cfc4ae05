package io.vmsnap.vmdir.memory;

import io.vmsnap.storage.ByteRange;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.util.BitSet;

/**
 * A copy of a {@code mapped-ram} stream without the pages of the main RAM, for a machine whose RAM
 * is mapped from the original file: loading it takes milliseconds, whatever the RAM's size, and
 * pages come in as the guest touches them.
 *
 * <p>Everything keeps its offset, so the copy is as long as the original but for a few hundred KiB
 * a hole.
 */
public final class StateOnlyStream {
  private StateOnlyStream() {}

  /** Writes the copy into the empty file {@code target}; the caller syncs it if it must last. */
  public static void write(StorageFile source, MappedRamStream stream, StorageFile target)
      throws IOException {
    RamBlock ram = stream.block(RamBlock.MAIN_RAM);
    long size = source.size();
    target.extendTo(size);
    copyData(source, target, new ByteRange(stream.offset(), ram.pagesOffset() - stream.offset()));
    PageBitmaps.write(target, ram, new BitSet());
    copyData(source, target, new ByteRange(ram.pages().end(), size - ram.pages().end()));
  }

  private static void copyData(StorageFile source, StorageFile target, ByteRange range)
      throws IOException {
    for (ByteRange data : source.dataRanges(range.start(), range.length())) {
      source.copyTo(target, data.start(), data.start(), data.length());
    }
  }
}
