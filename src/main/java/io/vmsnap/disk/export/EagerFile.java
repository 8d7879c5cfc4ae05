package io.vmsnap.disk.export;

import io.vmsnap.storage.ByteRange;
import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A file that the volume begins to take while it is still being written: when an export is made
 * durable, most of it is so already.
 */
final class EagerFile implements StorageFile {
  /** Small enough to begin early, large enough to cost no time. */
  private static final long STEP = 8L << 20;

  private final StorageFile file;
  private long from = -1;
  private long to;

  EagerFile(StorageFile file) {
    this.file = file;
  }

  @Override
  public void write(ByteBuffer buffer, long position) throws IOException {
    int length = buffer.remaining();
    file.write(buffer, position);
    if (from < 0 || position < from) {
      from = position;
      to = position;
    }
    to = Math.max(to, position + length);
    if (to - from >= STEP) {
      file.startWriteback(from, to - from);
      from = -1;
    }
  }

  @Override
  public String name() {
    return file.name();
  }

  @Override
  public int read(ByteBuffer buffer, long position) throws IOException {
    return file.read(buffer, position);
  }

  @Override
  public long size() throws IOException {
    return file.size();
  }

  @Override
  public void extendTo(long size) throws IOException {
    file.extendTo(size);
  }

  @Override
  public void truncate(long size) throws IOException {
    file.truncate(size);
  }

  @Override
  public void punchHole(long position, long length) throws IOException {
    file.punchHole(position, length);
  }

  @Override
  public List<ByteRange> dataRanges(long position, long length) throws IOException {
    return file.dataRanges(position, length);
  }

  @Override
  public void copyTo(StorageFile target, long sourcePosition, long targetPosition, long length)
      throws IOException {
    file.copyTo(target, sourcePosition, targetPosition, length);
  }

  @Override
  public void sync() throws IOException {
    file.sync();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
