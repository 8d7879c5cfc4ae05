package io.vmsnap.storage;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The system calls that Java lacks: fallocate(2), lseek(2) with SEEK_DATA and SEEK_HOLE, statx(2),
 * sync_file_range(2). Constants are those of the Linux ABI that are the same on x86-64 and aarch64.
 */
final class LinuxCalls {
  static final int O_RDONLY = 0;
  static final int O_RDWR = 2;
  static final int O_CLOEXEC = 0x80000;
  static final int FALLOC_KEEP_SIZE = 1;
  static final int FALLOC_PUNCH_HOLE = 2;
  static final int SEEK_DATA = 3;
  static final int SEEK_HOLE = 4;
  static final int SYNC_FILE_RANGE_WRITE = 2;

  static final int EINTR = 4;
  static final int ENXIO = 6;
  static final int EINVAL = 22;
  static final int ENOSPC = 28;
  static final int ENOSYS = 38;
  static final int EOPNOTSUPP = 95;

  private static final int AT_FDCWD = -100;
  private static final int AT_SYMLINK_NOFOLLOW = 0x100;
  private static final int STATX_BLOCKS = 0x400;
  private static final long STATX_SIZE = 256;
  private static final long STX_BLOCKS_OFFSET = 48;
  private static final int BLOCK = 512;

  private static final LinuxCalls INSTANCE = link();

  private final MethodHandle open;
  private final MethodHandle close;
  private final MethodHandle fallocate;
  private final MethodHandle lseek;
  private final MethodHandle statx;
  private final MethodHandle syncFileRange;
  private final MemoryLayout stateLayout = Linker.Option.captureStateLayout();
  private final VarHandle errno = stateLayout.varHandle(PathElement.groupElement("errno"));

  private LinuxCalls(Linker linker) {
    var state = Linker.Option.captureCallState("errno");
    var lookup = linker.defaultLookup();
    var i = ValueLayout.JAVA_INT;
    var l = ValueLayout.JAVA_LONG;
    var p = ValueLayout.ADDRESS;
    open =
        linker.downcallHandle(
            lookup.find("open").orElseThrow(),
            FunctionDescriptor.of(i, p, i, i),
            state,
            Linker.Option.firstVariadicArg(2));
    close =
        linker.downcallHandle(
            lookup.find("close").orElseThrow(), FunctionDescriptor.of(i, i), state);
    fallocate =
        linker.downcallHandle(
            lookup.find("fallocate").orElseThrow(), FunctionDescriptor.of(i, i, i, l, l), state);
    lseek =
        linker.downcallHandle(
            lookup.find("lseek").orElseThrow(), FunctionDescriptor.of(l, i, l, i), state);
    statx =
        linker.downcallHandle(
            lookup.find("statx").orElseThrow(), FunctionDescriptor.of(i, i, p, i, i, p), state);
    syncFileRange =
        linker.downcallHandle(
            lookup.find("sync_file_range").orElseThrow(),
            FunctionDescriptor.of(i, i, l, l, i),
            state);
  }

  private static LinuxCalls link() {
    String arch = System.getProperty("os.arch");
    if (!System.getProperty("os.name").equals("Linux")
        || !(arch.equals("amd64") || arch.equals("aarch64"))
        || Boolean.getBoolean("vmsnap.storage.pureJava")) {
      return null;
    }
    try {
      return new LinuxCalls(Linker.nativeLinker());
    } catch (RuntimeException | LinkageError e) {
      // Native access is denied or the C library lacks a call: everything works without, slower.
      return null;
    }
  }

  /** The calls, or null where this platform or JVM does not offer them. */
  static LinuxCalls instance() {
    return INSTANCE;
  }

  /** A file descriptor, or -errno. */
  int open(String path, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(stateLayout);
      int fd = (int) open.invokeExact(state, arena.allocateFrom(path), flags, 0);
      return fd >= 0 ? fd : -error(state);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  int close(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(stateLayout);
      int result = (int) close.invokeExact(state, fd);
      return result == 0 ? 0 : -error(state);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** 0 or -errno. */
  int fallocate(int fd, int mode, long offset, long length) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(stateLayout);
      int result;
      do {
        result = (int) fallocate.invokeExact(state, fd, mode, offset, length);
      } while (result != 0 && error(state) == EINTR);
      return result == 0 ? 0 : -error(state);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** The new position, or -errno. */
  long lseek(int fd, long offset, int whence) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(stateLayout);
      long result = (long) lseek.invokeExact(state, fd, offset, whence);
      return result >= 0 ? result : -error(state);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Bytes that the file occupies, or -errno. */
  long allocatedBytes(String path) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(stateLayout);
      MemorySegment buffer = arena.allocate(STATX_SIZE, Long.BYTES);
      int result =
          (int)
              statx.invokeExact(
                  state,
                  AT_FDCWD,
                  arena.allocateFrom(path),
                  AT_SYMLINK_NOFOLLOW,
                  STATX_BLOCKS,
                  buffer);
      return result == 0
          ? buffer.get(ValueLayout.JAVA_LONG, STX_BLOCKS_OFFSET) * BLOCK
          : -error(state);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** 0 or -errno. */
  int syncFileRange(int fd, long offset, long length, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(stateLayout);
      int result = (int) syncFileRange.invokeExact(state, fd, offset, length, flags);
      return result == 0 ? 0 : -error(state);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private int error(MemorySegment state) {
    return (int) errno.get(state, 0L);
  }

  private static IllegalStateException unexpected(Throwable e) {
    return new IllegalStateException("a system call handle does not fit its call", e);
  }
}
