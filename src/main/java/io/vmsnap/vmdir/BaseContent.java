package io.vmsnap.vmdir;

import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.VirtualDisk;
import io.vmsnap.disk.vmdk.Extent;
import io.vmsnap.disk.vmdk.VmdkChain;
import io.vmsnap.storage.ByteRange;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.VmDefinition;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What a new base disk holds: nothing, or the content of a source; then zeros up to its size. */
final class BaseContent implements Closeable {
  /** What is asked about at once; bounds the list of runs. */
  private static final long WINDOW = 64L << 20;

  private static final int BUFFER = 1 << 20;

  private final Closeable source;
  private final Copy copy;
  private final long capacity;

  /** Writes everything but zeros to the same offsets of the target. */
  @FunctionalInterface
  private interface Copy {
    void to(StorageFile target) throws IOException;
  }

  private BaseContent(Closeable source, Copy copy, long capacity) {
    this.source = source;
    this.copy = copy;
    this.capacity = capacity;
  }

  static BaseContent open(VmStorage storage, VmDefinition.Disk wanted)
      throws IOException, NotPreparableException {
    String source = wanted.sourcePath();
    if (source == null) {
      return new BaseContent(() -> {}, target -> {}, NewBaseDisk.checkedSize(wanted));
    }
    if (!storage.exists(source)) {
      throw NotPreparableException.invalid(
          "disk " + wanted.name() + ": the source " + source + " is not in the VM directory");
    }
    if (source.endsWith(".vmdk")) {
      VirtualDisk disk = VmdkChain.open(storage, source);
      return sized(wanted, disk, target -> copy(disk, target), disk.capacity());
    }
    StorageFile file = storage.open(source, OpenMode.READ);
    return sized(wanted, file, target -> copy(file, target), file.size());
  }

  private static BaseContent sized(
      VmDefinition.Disk wanted, Closeable source, Copy copy, long length)
      throws IOException, NotPreparableException {
    try {
      return new BaseContent(source, copy, capacity(wanted, length));
    } catch (NotPreparableException e) {
      source.close();
      throw e;
    }
  }

  private static long capacity(VmDefinition.Disk wanted, long length)
      throws NotPreparableException {
    long whole = Math.ceilDiv(length, Extent.SECTOR) * Extent.SECTOR;
    if (wanted.sizeBytes() == null && whole > 0) {
      return whole;
    }
    long size = NewBaseDisk.checkedSize(wanted);
    if (size < whole) {
      throw NotPreparableException.invalid(
          "disk "
              + wanted.name()
              + ": the source "
              + wanted.sourcePath()
              + " has "
              + whole
              + " bytes, which do not fit into the defined "
              + size);
    }
    return size;
  }

  private static void copy(StorageFile source, StorageFile target) throws IOException {
    for (ByteRange range : source.dataRanges(0, source.size())) {
      source.copyTo(target, range.start(), range.start(), range.length());
    }
  }

  private static void copy(VirtualDisk source, StorageFile target) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    for (long at = 0; at < source.capacity(); at += WINDOW) {
      for (DiskRun run : source.runs(at, Math.min(WINDOW, source.capacity() - at))) {
        if (run.content() != DiskRun.Content.DATA) {
          continue;
        }
        for (long from = run.start(); from < run.end(); from += BUFFER) {
          buffer.clear().limit((int) Math.min(BUFFER, run.end() - from));
          source.read(buffer, from);
          target.write(buffer.flip(), from);
        }
      }
    }
  }

  /** Size of the new disk. */
  long capacity() {
    return capacity;
  }

  void copyTo(StorageFile target) throws IOException {
    copy.to(target);
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
