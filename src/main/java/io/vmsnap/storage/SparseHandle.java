package io.vmsnap.storage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A second descriptor of an open file, for the calls that a {@link java.nio.channels.FileChannel}
 * lacks: it does not tell its own descriptor.
 */
final class SparseHandle implements Closeable {
  private final LinuxCalls calls;
  private final String name;
  private int fd;

  private SparseHandle(LinuxCalls calls, String name, int fd) {
    this.calls = calls;
    this.name = name;
    this.fd = fd;
  }

  /**
   * Opens the file, or nothing where the platform lacks the calls.
   *
   * @param key {@link FileKey} of the file that is open as a channel: the path must still lead to
   *     it
   */
  static Optional<SparseHandle> open(String name, Path path, FileKey key, OpenMode mode)
      throws IOException {
    LinuxCalls calls = LinuxCalls.instance();
    if (calls == null) {
      return Optional.empty();
    }
    int access = mode == OpenMode.READ ? LinuxCalls.O_RDONLY : LinuxCalls.O_RDWR;
    int fd = calls.open(path.toString(), access | LinuxCalls.O_CLOEXEC);
    if (fd < 0) {
      throw new IOException(name + ": cannot be opened, errno " + -fd);
    }
    SparseHandle handle = new SparseHandle(calls, name, fd);
    Path opened = Path.of("/proc/self/fd/" + fd);
    if (Files.exists(opened) && !FileKey.of(opened).equals(key)) {
      handle.close();
      throw new IOException(name + ": was replaced by another file while it was opened");
    }
    return Optional.of(handle);
  }

  /** Reserves the last byte, which extends the file if it is shorter; never shortens it. */
  boolean extendTo(long size) throws IOException {
    return supported("extend", calls.fallocate(descriptor(), 0, size - 1, 1));
  }

  /** False if the file system cannot punch holes. */
  boolean punchHole(long position, long length) throws IOException {
    int mode = LinuxCalls.FALLOC_PUNCH_HOLE | LinuxCalls.FALLOC_KEEP_SIZE;
    return supported("punch a hole", calls.fallocate(descriptor(), mode, position, length));
  }

  /** What goes wrong is for the sync to tell, which asks another descriptor. */
  void startWriteback(long position, long length) throws IOException {
    calls.syncFileRange(descriptor(), position, length, LinuxCalls.SYNC_FILE_RANGE_WRITE);
  }

  /** Empty if the file system does not tell. */
  synchronized Optional<List<ByteRange>> dataRanges(long position, long end) throws IOException {
    List<ByteRange> result = new ArrayList<>();
    long at = position;
    while (at < end) {
      long data = calls.lseek(descriptor(), at, LinuxCalls.SEEK_DATA);
      if (data == -LinuxCalls.ENXIO) {
        break;
      }
      if (data == -LinuxCalls.EINVAL || data == -LinuxCalls.EOPNOTSUPP) {
        return Optional.empty();
      }
      if (data < 0) {
        throw new IOException(name + ": cannot seek data at " + at + ", errno " + -data);
      }
      if (data >= end) {
        break;
      }
      long hole = calls.lseek(descriptor(), data, LinuxCalls.SEEK_HOLE);
      // ENXIO: the file was cut between the two calls; what is gone is not data.
      long dataEnd = hole < 0 ? data : Math.min(hole, end);
      if (dataEnd <= data) {
        break;
      }
      result.add(new ByteRange(data, dataEnd - data));
      at = dataEnd;
    }
    return Optional.of(result);
  }

  @Override
  public synchronized void close() throws IOException {
    if (fd >= 0) {
      int result = calls.close(fd);
      fd = -1;
      if (result < 0) {
        throw new IOException(name + ": closing failed, errno " + -result);
      }
    }
  }

  private int descriptor() throws IOException {
    if (fd < 0) {
      throw new IOException(name + ": is closed");
    }
    return fd;
  }

  private boolean supported(String what, int result) throws IOException {
    if (result == 0) {
      return true;
    }
    if (result == -LinuxCalls.EOPNOTSUPP || result == -LinuxCalls.ENOSYS) {
      return false;
    }
    String why = result == -LinuxCalls.ENOSPC ? "no space left on the volume" : "errno " + -result;
    throw new IOException(name + ": cannot " + what + ": " + why);
  }
}
