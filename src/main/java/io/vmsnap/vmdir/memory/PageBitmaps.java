package io.vmsnap.vmdir.memory;

import io.vmsnap.storage.ByteRange;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * The page bitmaps of a {@code mapped-ram} stream, written by us.
 *
 * <p>QEMU 10.0 leaves them empty when the stream was taken as a background snapshot; loading such a
 * stream silently yields zeroed RAM. Pages that QEMU saved are data in the file and zero pages were
 * never written, so the file's data ranges tell the truth. A page that lies in a data range without
 * need (on file systems with larger blocks, or without holes) reads as zeros, which is right too.
 */
public final class PageBitmaps {
  private PageBitmaps() {}

  /** Sets the bits of every block from the file's data ranges; the caller syncs the file. */
  public static void writeFromData(StorageFile file, MappedRamStream stream) throws IOException {
    for (RamBlock block : stream.blocks()) {
      write(file, block, pagesWithData(file, block));
    }
  }

  /**
   * Makes the pages read as zeros that hold data and are not in the bitmap. Pre-copy leaves such
   * pages: the guest zeroed them after they were written once. Who loads the stream passes over
   * them; who maps the file would see what the guest had erased.
   */
  public static void punchUnmarked(StorageFile file, MappedRamStream stream) throws IOException {
    for (RamBlock block : stream.blocks()) {
      BitSet stale = pagesWithData(file, block);
      stale.andNot(read(file, block));
      int first = stale.nextSetBit(0);
      while (first >= 0) {
        int end = stale.nextClearBit(first);
        long length = (long) (end - first) * block.pageSize();
        file.punchHole(block.pagesOffset() + (long) first * block.pageSize(), length);
        first = stale.nextSetBit(end);
      }
    }
  }

  /** Overwrites one block's bitmap. */
  public static void write(StorageFile file, RamBlock block, BitSet pages) throws IOException {
    byte[] bits = pages.toByteArray(); // little-endian, as QEMU's
    ByteBuffer bitmap = ByteBuffer.allocate(Math.toIntExact(block.bitmapLength()));
    bitmap.put(bits).rewind();
    file.write(bitmap, block.bitmapOffset());
  }

  /** Reads one block's bitmap. */
  public static BitSet read(StorageFile file, RamBlock block) throws IOException {
    ByteBuffer bitmap = ByteBuffer.allocate(Math.toIntExact(block.bitmapLength()));
    file.readFully(bitmap, block.bitmapOffset());
    return BitSet.valueOf(bitmap.flip());
  }

  /**
   * Checks that no page with content is missing in its bitmap: loading it would zero that page.
   *
   * @throws DamagedMemoryException naming the first such page
   */
  public static void verify(StorageFile file, MappedRamStream stream) throws IOException {
    for (RamBlock block : stream.blocks()) {
      BitSet marked = read(file, block);
      if (marked.length() > block.pageCount()) {
        throw new DamagedMemoryException(
            file.name(), block.bitmapOffset(), "page bitmap of " + block.name() + " is too long");
      }
      BitSet missing = pagesWithData(file, block);
      missing.andNot(marked);
      int page = firstWithContent(file, block, missing);
      if (page >= 0) {
        throw new DamagedMemoryException(
            file.name(),
            block.bitmapOffset(),
            "page " + page + " of " + block.name() + " holds data but is not in the page bitmap");
      }
    }
  }

  private static int firstWithContent(StorageFile file, RamBlock block, BitSet pages)
      throws IOException {
    ByteBuffer content = ByteBuffer.allocate(block.pageSize());
    for (int page = pages.nextSetBit(0); page >= 0; page = pages.nextSetBit(page + 1)) {
      file.readFully(content.clear(), block.pagesOffset() + (long) page * block.pageSize());
      if (content.flip().mismatch(ByteBuffer.allocate(block.pageSize())) >= 0) {
        return page;
      }
    }
    return -1;
  }

  private static BitSet pagesWithData(StorageFile file, RamBlock block) throws IOException {
    BitSet pages = new BitSet(Math.toIntExact(block.pageCount()));
    for (ByteRange data : file.dataRanges(block.pagesOffset(), block.usedLength())) {
      long first = (data.start() - block.pagesOffset()) / block.pageSize();
      long end = (data.end() - block.pagesOffset() + block.pageSize() - 1) / block.pageSize();
      pages.set(Math.toIntExact(first), Math.toIntExact(end));
    }
    return pages;
  }
}
