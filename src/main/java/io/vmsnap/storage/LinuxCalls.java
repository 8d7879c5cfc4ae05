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

  private final MethodHandle syscall;
  private final Numbers numbers;
  private final MemoryLayout stateLayout = Linker.Option.captureStateLayout();
  private final VarHandle errno = stateLayout.varHandle(PathElement.groupElement("errno"));

  /** Of the calls, by architecture: Linux {@code syscall_64.tbl} and {@code unistd.h}. */
  private record Numbers(
      long openat, long close, long fallocate, long lseek, long statx, long syncFileRange) {
    static Numbers of(String arch) {
      return switch (arch) {
        case "amd64" -> new Numbers(257, 3, 285, 8, 332, 277);
        case "aarch64" -> new Numbers(56, 57, 47, 62, 291, 84);
        default -> null;
      };
    }
  }

  /** One handle for all calls: each costs a starting JVM some milliseconds. */
  private LinuxCalls(Linker linker, Numbers numbers) {
    this.numbers = numbers;
    var l = ValueLayout.JAVA_LONG;
    syscall =
        linker.downcallHandle(
            linker.defaultLookup().find("syscall").orElseThrow(),
            FunctionDescriptor.of(l, l, l, l, l, l, l),
            Linker.Option.captureCallState("errno"),
            Linker.Option.firstVariadicArg(1));
  }

  private static LinuxCalls link() {
    Numbers numbers = Numbers.of(System.getProperty("os.arch"));
    if (!System.getProperty("os.name").equals("Linux")
        || numbers == null
        || Boolean.getBoolean("vmsnap.storage.pureJava")) {
      return null;
    }
    try {
      return new LinuxCalls(Linker.nativeLinker(), numbers);
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
      long name = arena.allocateFrom(path).address();
      return (int) call(arena, numbers.openat, AT_FDCWD, name, flags, 0, 0);
    }
  }

  /** 0 or -errno. */
  int close(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) call(arena, numbers.close, fd, 0, 0, 0, 0);
    }
  }

  /** 0 or -errno. */
  int fallocate(int fd, int mode, long offset, long length) {
    try (Arena arena = Arena.ofConfined()) {
      long result;
      do {
        result = call(arena, numbers.fallocate, fd, mode, offset, length, 0);
      } while (result == -EINTR);
      return (int) result;
    }
  }

  /** The new position, or -errno. */
  long lseek(int fd, long offset, int whence) {
    try (Arena arena = Arena.ofConfined()) {
      return call(arena, numbers.lseek, fd, offset, whence, 0, 0);
    }
  }

  /** Bytes that the file occupies, or -errno. */
  long allocatedBytes(String path) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(STATX_SIZE, Long.BYTES);
      long name = arena.allocateFrom(path).address();
      long result =
          call(
              arena,
              numbers.statx,
              AT_FDCWD,
              name,
              AT_SYMLINK_NOFOLLOW,
              STATX_BLOCKS,
              buffer.address());
      return result == 0 ? buffer.get(ValueLayout.JAVA_LONG, STX_BLOCKS_OFFSET) * BLOCK : result;
    }
  }

  /** 0 or -errno. */
  int syncFileRange(int fd, long offset, long length, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) call(arena, numbers.syncFileRange, fd, offset, length, flags, 0);
    }
  }

  private long call(Arena arena, long number, long a, long b, long c, long d, long e) {
    MemorySegment state = arena.allocate(stateLayout);
    try {
      long result = (long) syscall.invokeExact(state, number, a, b, c, d, e);
      return result == -1 ? -(int) errno.get(state, 0L) : result;
    } catch (Throwable thrown) {
      throw new IllegalStateException("a system call handle does not fit its call", thrown);
    }
  }
}
