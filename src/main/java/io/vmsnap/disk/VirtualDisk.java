package io.vmsnap.disk;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The content of a disk, or of one layer of a chain, whatever format holds it. Offsets and lengths
 * are bytes of the guest's disk. Implementations may be read from several threads at once.
 */
public interface VirtualDisk extends Closeable {
  /** The descriptor's file name, for messages. */
  String name();

  /** Length in bytes, a multiple of 512. */
  long capacity();

  /**
   * Fills the buffer with the content from the offset on; the range lies within the capacity. What
   * a layer does not hold reads as zeros.
   */
  void read(ByteBuffer buffer, long offset) throws IOException;

  /**
   * Tells what the range is made of: runs in ascending order, without gaps, that cover it exactly;
   * neighbours have different content. The list grows with the number of changes in the range, so
   * callers walk big disks in windows.
   */
  List<DiskRun> runs(long offset, long length) throws IOException;
}
