package io.vmsnap.storage;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A file of a {@link LocalStorage}. */
final class LocalFile implements StorageFile {
  private static final int ZEROS = 1 << 20;

  private final String name;
  private final Path path;
  private final FileKey key;
  private final OpenMode mode;
  private final FileChannel channel;
  private Optional<SparseHandle> sparse;

  LocalFile(String name, Path path, FileKey key, OpenMode mode, FileChannel channel) {
    this.name = name;
    this.path = path;
    this.key = key;
    this.mode = mode;
    this.channel = channel;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int read(ByteBuffer buffer, long position) throws IOException {
    try {
      return channel.read(buffer, position);
    } catch (IOException e) {
      throw named(e);
    }
  }

  @Override
  public void write(ByteBuffer buffer, long position) throws IOException {
    long at = position;
    try {
      while (buffer.hasRemaining()) {
        at += channel.write(buffer, at);
      }
    } catch (IOException e) {
      throw named(e);
    }
  }

  /** Says of which file: the system's own words are "No space left on device", no more. */
  private IOException named(IOException e) {
    return e.getClass() == IOException.class ? new IOException(name + ": " + e.getMessage(), e) : e;
  }

  @Override
  public long size() throws IOException {
    return channel.size();
  }

  @Override
  public void extendTo(long size) throws IOException {
    if (size <= channel.size()) {
      return;
    }
    Optional<SparseHandle> handle = sparse();
    if (handle.isEmpty() || !handle.get().extendTo(size)) {
      // One zero byte at the end. It could hide a byte that another process wrote there since the
      // size was read, so this way is for file systems without fallocate only.
      write(ByteBuffer.allocate(1), size - 1);
    }
  }

  @Override
  public void truncate(long size) throws IOException {
    try {
      channel.truncate(size);
    } catch (IOException e) {
      throw named(e);
    }
  }

  @Override
  public void punchHole(long position, long length) throws IOException {
    long end = Math.min(position + length, channel.size());
    if (end <= position) {
      return;
    }
    Optional<SparseHandle> handle = sparse();
    if (handle.isEmpty() || !handle.get().punchHole(position, end - position)) {
      ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(ZEROS, end - position));
      for (long at = position; at < end; at += zeros.limit()) {
        zeros.clear().limit((int) Math.min(zeros.capacity(), end - at));
        write(zeros, at);
      }
    }
  }

  @Override
  public List<ByteRange> dataRanges(long position, long length) throws IOException {
    long end = Math.min(position + length, channel.size());
    if (end <= position) {
      return List.of();
    }
    Optional<SparseHandle> handle = sparse();
    Optional<List<ByteRange>> ranges =
        handle.isEmpty() ? Optional.empty() : handle.get().dataRanges(position, end);
    return ranges.orElseGet(() -> List.of(new ByteRange(position, end - position)));
  }

  @Override
  public void copyTo(StorageFile target, long sourcePosition, long targetPosition, long length)
      throws IOException {
    if (!(target instanceof LocalFile local)) {
      throw new IllegalArgumentException(target.name() + " is a file of another storage");
    }
    // Only a transfer to the channel itself, at its own position, becomes copy_file_range(2).
    synchronized (local.channel) {
      local.channel.position(targetPosition);
      for (long done = 0; done < length; ) {
        long n = transfer(sourcePosition + done, length - done, local);
        if (n <= 0) {
          throw new EOFException(
              name + ": ends at " + (sourcePosition + done) + ", cannot copy " + length + " bytes");
        }
        done += n;
      }
    }
  }

  private long transfer(long from, long length, LocalFile target) throws IOException {
    try {
      return channel.transferTo(from, length, target.channel);
    } catch (IOException e) {
      throw target.named(e);
    }
  }

  @Override
  public void startWriteback(long position, long length) throws IOException {
    Optional<SparseHandle> handle = sparse();
    if (handle.isPresent()) {
      handle.get().startWriteback(position, length);
    }
  }

  @Override
  public void sync() throws IOException {
    try {
      channel.force(true);
    } catch (IOException e) {
      throw named(e);
    }
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      closeSparse();
    }
  }

  private synchronized void closeSparse() throws IOException {
    if (sparse != null && sparse.isPresent()) {
      sparse.get().close();
    }
  }

  /** Opened when first needed: most files are text and never are. */
  private synchronized Optional<SparseHandle> sparse() throws IOException {
    if (sparse == null) {
      sparse = SparseHandle.open(name, path, key, mode);
    }
    return sparse;
  }
}
