package io.vmsnap.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A storage whose N-th changing operation fails: once (an error the program can react to), or from
 * then on (the process died). Tests run a plan with N = 1, 2, 3 ... until it succeeds.
 */
public final class FaultyStorage implements VmStorage {
  private final VmStorage storage;
  private final Fault fault;
  private int operations;
  private int failAt = Integer.MAX_VALUE;

  /** What happens at the operation. */
  public enum Fault {
    /** That operation fails with an I/O error without effect; later ones work. */
    IO_ERROR,
    /** That write or extension, and all later ones, find the volume full. */
    DISK_FULL,
    /** A write takes place in half, then nothing works any more. */
    DEATH
  }

  /** The injected error. */
  public static final class InjectedFault extends IOException {
    private static final long serialVersionUID = 1L;

    InjectedFault(String message) {
      super(message);
    }
  }

  public FaultyStorage(VmStorage storage, Fault fault) {
    this.storage = storage;
    this.fault = fault;
  }

  /** Counts from now: the {@code n}-th changing operation fails, n from 1. */
  public FaultyStorage failAt(int n) {
    operations = 0;
    failAt = n;
    return this;
  }

  /** How many changing operations there were since {@link #failAt}. */
  public int operations() {
    return operations;
  }

  /** Whether the fault has been met. */
  public boolean struck() {
    return operations >= failAt;
  }

  private void changing(String what, boolean takesSpace) throws IOException {
    operations++;
    boolean fails =
        switch (fault) {
          case IO_ERROR -> operations == failAt;
          case DISK_FULL -> operations >= failAt && takesSpace;
          case DEATH -> operations >= failAt;
        };
    if (fails) {
      throw new InjectedFault(fault + " at operation " + operations + ": " + what);
    }
  }

  @Override
  public StorageFile open(String name, OpenMode mode) throws IOException {
    return new Faulty(storage.open(name, mode));
  }

  @Override
  public StorageFile create(String name) throws IOException {
    changing("create " + name, true);
    return new Faulty(storage.create(name));
  }

  @Override
  public boolean exists(String name) throws IOException {
    return storage.exists(name);
  }

  @Override
  public long size(String name) throws IOException {
    return storage.size(name);
  }

  @Override
  public long allocatedBytes(String name) throws IOException {
    return storage.allocatedBytes(name);
  }

  @Override
  public List<String> list(String folder) throws IOException {
    return storage.list(folder);
  }

  @Override
  public void createFolder(String name) throws IOException {
    changing("create folder " + name, true);
    storage.createFolder(name);
  }

  @Override
  public void rename(String from, String to) throws IOException {
    changing("rename " + from + " to " + to, false);
    storage.rename(from, to);
  }

  @Override
  public void delete(String name) throws IOException {
    changing("delete " + name, false);
    storage.delete(name);
  }

  @Override
  public void setReadOnly(String name, boolean readOnly) throws IOException {
    changing("set mode of " + name, false);
    storage.setReadOnly(name, readOnly);
  }

  @Override
  public void syncDirectory(String folder) throws IOException {
    changing("sync folder " + folder, false);
    storage.syncDirectory(folder);
  }

  @Override
  public Optional<StorageLock> tryLock(String name) throws IOException {
    return storage.tryLock(name);
  }

  @Override
  public VolumeSpace space() throws IOException {
    return storage.space();
  }

  @Override
  public Path path(String name) {
    return storage.path(name);
  }

  @Override
  public void close() throws IOException {
    storage.close();
  }

  private final class Faulty implements StorageFile {
    private final StorageFile file;

    Faulty(StorageFile file) {
      this.file = file;
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
    public void write(ByteBuffer buffer, long position) throws IOException {
      try {
        changing("write " + name() + " at " + position, true);
      } catch (InjectedFault e) {
        if (fault == Fault.DEATH && operations == failAt) {
          file.write(buffer.slice(buffer.position(), buffer.remaining() / 2), position);
        }
        throw e;
      }
      file.write(buffer, position);
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public void extendTo(long size) throws IOException {
      changing("extend " + name(), true);
      file.extendTo(size);
    }

    @Override
    public void truncate(long size) throws IOException {
      changing("truncate " + name(), false);
      file.truncate(size);
    }

    @Override
    public void punchHole(long position, long length) throws IOException {
      changing("punch " + name(), false);
      file.punchHole(position, length);
    }

    @Override
    public List<ByteRange> dataRanges(long position, long length) throws IOException {
      return file.dataRanges(position, length);
    }

    @Override
    public void copyTo(StorageFile target, long from, long to, long length) throws IOException {
      changing("copy " + name() + " to " + target.name(), true);
      file.copyTo(target instanceof Faulty faulty ? faulty.file : target, from, to, length);
    }

    @Override
    public void sync() throws IOException {
      changing("sync " + name(), false);
      file.sync();
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
