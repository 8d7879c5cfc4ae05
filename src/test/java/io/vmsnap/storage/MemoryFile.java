package io.vmsnap.storage;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.util.List;

/** An open file of a {@link MemoryStorage}. */
final class MemoryFile implements StorageFile {
  private final MemoryStorage storage;
  private final String name;
  private final MemoryInode inode;
  private final OpenMode mode;
  private boolean closed;

  MemoryFile(MemoryStorage storage, String name, MemoryInode inode, OpenMode mode) {
    this.storage = storage;
    this.name = name;
    this.inode = inode;
    this.mode = mode;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int read(ByteBuffer buffer, long position) throws IOException {
    synchronized (storage) {
      requireOpen();
      return inode.content.read(buffer, position);
    }
  }

  @Override
  public void write(ByteBuffer buffer, long position) throws IOException {
    synchronized (storage) {
      requireWritable();
      byte[] bytes = new byte[buffer.remaining()];
      buffer.get(bytes);
      inode.change(content -> content.write(bytes, position));
    }
  }

  @Override
  public long size() throws IOException {
    synchronized (storage) {
      requireOpen();
      return inode.content.size();
    }
  }

  @Override
  public void extendTo(long size) throws IOException {
    synchronized (storage) {
      requireWritable();
      inode.change(content -> content.extendTo(size));
    }
  }

  @Override
  public void truncate(long size) throws IOException {
    synchronized (storage) {
      requireWritable();
      inode.change(content -> content.truncate(size));
    }
  }

  @Override
  public void punchHole(long position, long length) throws IOException {
    synchronized (storage) {
      requireWritable();
      inode.change(content -> content.punch(position, length));
    }
  }

  @Override
  public List<ByteRange> dataRanges(long position, long length) throws IOException {
    synchronized (storage) {
      requireOpen();
      return inode.content.dataRanges(position, length);
    }
  }

  @Override
  public void copyTo(StorageFile target, long sourcePosition, long targetPosition, long length)
      throws IOException {
    synchronized (storage) {
      if (sourcePosition + length > inode.content.size()) {
        throw new EOFException(name + ": ends before " + (sourcePosition + length));
      }
      ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
      for (long done = 0; done < length; done += buffer.limit()) {
        buffer.clear().limit((int) Math.min(buffer.capacity(), length - done));
        readFully(buffer, sourcePosition + done);
        target.write(buffer.flip(), targetPosition + done);
      }
    }
  }

  @Override
  public void sync() throws IOException {
    synchronized (storage) {
      requireOpen();
      inode.sync();
    }
  }

  @Override
  public void close() {
    closed = true;
  }

  private void requireOpen() throws IOException {
    if (closed) {
      throw new ClosedChannelException();
    }
  }

  private void requireWritable() throws IOException {
    requireOpen();
    if (mode == OpenMode.READ) {
      throw new NonWritableChannelException();
    }
  }
}
