package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads little-endian tables of an extent. A read is checked against the file's size before memory
 * is taken for it.
 */
final class TableReader {
  private final StorageFile file;
  private final long fileSize;
  private final int width;

  /**
   * @param width bytes of an entry: 4 (unsigned) or 8
   */
  TableReader(StorageFile file, int width) throws IOException {
    this.file = file;
    this.fileSize = file.size();
    this.width = width;
  }

  String fileName() {
    return file.name();
  }

  int width() {
    return width;
  }

  /** Whether the bytes lie inside the file. */
  boolean holds(long offset, long length) {
    return offset >= 0 && length >= 0 && length <= fileSize && offset <= fileSize - length;
  }

  long[] read(long offset, int count, String what) throws IOException {
    long length = (long) count * width;
    if (!holds(offset, length)) {
      throw CorruptDiskException.at(
          file.name(),
          offset,
          what + " of " + length + " bytes goes beyond the file's end at " + fileSize);
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) length).order(ByteOrder.LITTLE_ENDIAN);
    file.readFully(bytes, offset);
    bytes.flip();
    long[] entries = new long[count];
    for (int i = 0; i < count; i++) {
      entries[i] = width == 4 ? Integer.toUnsignedLong(bytes.getInt()) : bytes.getLong();
    }
    return entries;
  }
}
