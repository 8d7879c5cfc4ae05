package io.vmsnap.fuzz;

import io.vmsnap.storage.ByteRange;
import io.vmsnap.storage.FileNames;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.StorageLock;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.VolumeSpace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A directory of hostile files, for reading only. It counts the work that a reader does: one that
 * goes round in circles fails by the count, on a fast machine and on a slow one alike.
 */
final class FuzzedDirectory implements VmStorage {
  /** Many times what any of the readers needs for files of this size. */
  private static final int MAX_OPERATIONS = 200_000;

  private static final long MAX_BYTES = 512L << 20;

  private final Map<String, Content> files = new TreeMap<>();
  private int operations;
  private long bytes;

  /**
   * @param size of the file; what lies beyond the bytes is a hole
   */
  private record Content(byte[] bytes, long size) {}

  FuzzedDirectory with(String name, byte[] content) {
    return with(name, content, content.length);
  }

  FuzzedDirectory with(String name, byte[] content, long size) {
    files.put(name, new Content(content, Math.max(size, content.length)));
    return this;
  }

  private void count(long read) {
    operations++;
    bytes += read;
    if (operations > MAX_OPERATIONS || bytes > MAX_BYTES) {
      throw new AssertionError(
          "a reader does not come to an end: " + operations + " operations, " + bytes + " bytes");
    }
  }

  private Content content(String name) throws IOException {
    count(0);
    Content content = files.get(FileNames.checked(name));
    if (content == null) {
      throw new NoSuchFileException(name);
    }
    return content;
  }

  @Override
  public StorageFile open(String name, OpenMode mode) throws IOException {
    return new HostileFile(name, content(name));
  }

  @Override
  public boolean exists(String name) throws IOException {
    count(0);
    return files.containsKey(FileNames.checked(name));
  }

  @Override
  public long size(String name) throws IOException {
    return content(name).size;
  }

  @Override
  public long allocatedBytes(String name) throws IOException {
    return content(name).bytes.length;
  }

  @Override
  public List<String> list(String folder) {
    return files.keySet().stream().filter(n -> FileNames.folderOf(n).equals(folder)).toList();
  }

  @Override
  public Path path(String name) {
    return Path.of("/vm").resolve(name);
  }

  @Override
  public VolumeSpace space() {
    return new VolumeSpace(1L << 40, 1L << 40);
  }

  @Override
  public void close() {
    // holds nothing
  }

  @Override
  public StorageFile create(String name) {
    throw readOnly();
  }

  @Override
  public void createFolder(String name) {
    throw readOnly();
  }

  @Override
  public void rename(String from, String to) {
    throw readOnly();
  }

  @Override
  public void delete(String name) {
    throw readOnly();
  }

  @Override
  public void setReadOnly(String name, boolean value) {
    throw readOnly();
  }

  @Override
  public void syncDirectory(String folder) {
    throw readOnly();
  }

  @Override
  public Optional<StorageLock> tryLock(String name) {
    throw readOnly();
  }

  private static AssertionError readOnly() {
    return new AssertionError("who reads a file does not write");
  }

  private final class HostileFile implements StorageFile {
    private final String name;
    private final Content content;

    HostileFile(String name, Content content) {
      this.name = name;
      this.content = content;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public int read(ByteBuffer buffer, long position) {
      if (position < 0) {
        throw new AssertionError(name + ": read at " + position);
      }
      if (position >= content.size) {
        return buffer.hasRemaining() ? -1 : 0;
      }
      int length = (int) Math.min(buffer.remaining(), content.size - position);
      count(length);
      int data = (int) Math.clamp(content.bytes.length - position, 0, length);
      if (data > 0) {
        buffer.put(content.bytes, (int) position, data);
      }
      buffer.put(new byte[length - data]);
      return length;
    }

    @Override
    public long size() {
      return content.size;
    }

    @Override
    public List<ByteRange> dataRanges(long position, long length) {
      count(0);
      long end = Math.min(position + length, content.bytes.length);
      return end > position ? List.of(new ByteRange(position, end - position)) : List.of();
    }

    @Override
    public void close() {
      // holds nothing
    }

    @Override
    public void write(ByteBuffer buffer, long position) {
      throw readOnly();
    }

    @Override
    public void extendTo(long size) {
      throw readOnly();
    }

    @Override
    public void truncate(long size) {
      throw readOnly();
    }

    @Override
    public void punchHole(long position, long length) {
      throw readOnly();
    }

    @Override
    public void copyTo(StorageFile target, long from, long to, long length) {
      throw readOnly();
    }

    @Override
    public void sync() {
      throw readOnly();
    }
  }
}
