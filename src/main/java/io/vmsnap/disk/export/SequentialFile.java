package io.vmsnap.disk.export;

import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** A file that is written from front to back, in big pieces. */
final class SequentialFile implements WritableByteChannel {
  private final StorageFile file;
  private long position;

  SequentialFile(StorageFile file) {
    this.file = file;
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    int length = bytes.remaining();
    file.write(bytes, position);
    position += length;
    return length;
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public void close() {
    // the file's owner closes it
  }
}
