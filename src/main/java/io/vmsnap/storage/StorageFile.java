package io.vmsnap.storage;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** An open file of a VM directory; positions and lengths in bytes. */
public interface StorageFile extends Closeable {
  /** The name it was opened by, for error messages. */
  String name();

  /** Reads up to {@code buffer.remaining()} bytes; -1 at the end of the file. */
  int read(ByteBuffer buffer, long position) throws IOException;

  /** Fills the buffer or fails with an {@link EOFException} that names the file and position. */
  default void readFully(ByteBuffer buffer, long position) throws IOException {
    long at = position;
    while (buffer.hasRemaining()) {
      int n = read(buffer, at);
      if (n < 0) {
        throw new EOFException(
            name() + ": ends at " + at + ", " + buffer.remaining() + " more bytes expected");
      }
      at += n;
    }
  }

  /** Writes all remaining bytes. */
  void write(ByteBuffer buffer, long position) throws IOException;

  long size() throws IOException;

  /**
   * Makes the file at least this long with a hole at the end; never shortens it, even when another
   * process extends it at the same moment.
   */
  void extendTo(long size) throws IOException;

  /** Cuts the file. Only for files that nobody else has open. */
  void truncate(long size) throws IOException;

  /** Makes the range read as zeros and frees its space where the file system can. */
  void punchHole(long position, long length) throws IOException;

  /**
   * The ranges within the given one that may hold data, in ascending order: everything else is a
   * hole and reads as zeros. A file system without holes reports the whole range.
   */
  List<ByteRange> dataRanges(long position, long length) throws IOException;

  /**
   * Copies a range to another file of the same storage: shares blocks where the file system can
   * (reflink), copies otherwise.
   */
  void copyTo(StorageFile target, long sourcePosition, long targetPosition, long length)
      throws IOException;

  /**
   * Lets the volume begin to take what was written to the range, so that a later {@link #sync} has
   * less to wait for. Promises nothing, and need not do anything.
   */
  default void startWriteback(long position, long length) throws IOException {}

  /** Returns when content and size are durable. */
  void sync() throws IOException;
}
