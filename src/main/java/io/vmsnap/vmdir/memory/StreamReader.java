package io.vmsnap.vmdir.memory;

import io.vmsnap.storage.StorageFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Reads the big-endian fields of a stream one after the other. */
final class StreamReader {
  private final StorageFile file;
  private final long size;
  private long position;

  StreamReader(StorageFile file, long position) throws IOException {
    this.file = file;
    this.position = position;
    this.size = file.size();
  }

  long position() {
    return position;
  }

  /** Goes on at another place of the file, which must exist. */
  void moveTo(long target) throws DamagedMemoryException {
    if (target < position || target > size) {
      throw damaged("RAM pages up to " + target + " in a file of " + size + " bytes");
    }
    position = target;
  }

  int uint8() throws IOException {
    return next(1).get() & 0xff;
  }

  int int32() throws IOException {
    return next(Integer.BYTES).getInt();
  }

  long int64() throws IOException {
    return next(Long.BYTES).getLong();
  }

  int boundedInt32(int max, String field) throws IOException {
    int value = int32();
    if (value < 0 || value > max) {
      throw damaged(field + " is " + Integer.toUnsignedString(value) + ", more than " + max);
    }
    return value;
  }

  /** Text of at most 255 bytes. */
  String text(int length) throws IOException {
    return StandardCharsets.UTF_8.decode(next(length)).toString();
  }

  void expect(long value, long expected, String field) throws DamagedMemoryException {
    if (value != expected) {
      throw damaged(field + " is " + value + " where " + expected + " must be");
    }
  }

  DamagedMemoryException damaged(String what) {
    return new DamagedMemoryException(file.name(), position, what);
  }

  private ByteBuffer next(int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    try {
      file.readFully(buffer, position);
    } catch (EOFException e) {
      throw damaged("the file ends inside the stream's head");
    }
    position += length;
    return buffer.flip();
  }
}
