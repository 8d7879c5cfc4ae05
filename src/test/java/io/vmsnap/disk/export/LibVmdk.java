package io.vmsnap.disk.export;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * Reads a VMDK and its parents with libvmdk, the library behind vmdkinfo, vmdkexport and vmdkmount;
 * called directly, because Debian's package has no vmdkexport and vmdkmount needs FUSE.
 */
final class LibVmdk implements AutoCloseable {
  private static final int READ = 1;

  private final Arena arena = Arena.ofConfined();
  private final SymbolLookup library = SymbolLookup.libraryLookup("libvmdk.so.1", arena);
  private final MemorySegment[] handles;

  /**
   * @param chain the disk first, its base last
   */
  LibVmdk(Path... chain) {
    handles = new MemorySegment[chain.length];
    for (int i = chain.length - 1; i >= 0; i--) {
      MemorySegment pointer = arena.allocate(ADDRESS);
      call("libvmdk_handle_initialize", pointer);
      handles[i] = pointer.get(ADDRESS, 0);
      MemorySegment name = arena.allocateFrom(chain[i].toString());
      require(
          "open " + chain[i],
          (int) invoke("libvmdk_handle_open", JAVA_INT, handles[i], name, READ));
      require(
          "open extents of " + chain[i],
          (int) invoke("libvmdk_handle_open_extent_data_files", JAVA_INT, handles[i]));
      if (i < chain.length - 1) {
        require(
            "set parent of " + chain[i],
            (int) invoke("libvmdk_handle_set_parent_handle", JAVA_INT, handles[i], handles[i + 1]));
      }
    }
  }

  long size() {
    MemorySegment size = arena.allocate(JAVA_LONG);
    require("size", (int) invoke("libvmdk_handle_get_media_size", JAVA_INT, handles[0], size));
    return size.get(JAVA_LONG, 0);
  }

  /** The bytes at the offset. */
  byte[] read(long offset, int length) {
    try (Arena buffers = Arena.ofConfined()) {
      MemorySegment buffer = buffers.allocate(length);
      int done = 0;
      while (done < length) {
        long n =
            (long)
                invoke(
                    "libvmdk_handle_read_buffer_at_offset",
                    JAVA_LONG,
                    handles[0],
                    buffer.asSlice(done),
                    (long) length - done,
                    offset + done);
        if (n <= 0) {
          throw new AssertionError("libvmdk reads " + n + " at " + (offset + done));
        }
        done += (int) n;
      }
      return buffer.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    }
  }

  private void call(String name, MemorySegment argument) {
    require(name, (int) invoke(name, JAVA_INT, argument));
  }

  private static void require(String what, int result) {
    if (result != 1) {
      throw new AssertionError("libvmdk cannot " + what);
    }
  }

  /** Calls a function whose last parameter is the error, which is passed as null. */
  private Object invoke(String name, java.lang.foreign.MemoryLayout result, Object... arguments) {
    java.lang.foreign.MemoryLayout[] layouts =
        new java.lang.foreign.MemoryLayout[arguments.length + 1];
    Object[] all = new Object[arguments.length + 1];
    for (int i = 0; i < arguments.length; i++) {
      all[i] = arguments[i];
      layouts[i] =
          switch (arguments[i]) {
            case Integer _ -> JAVA_INT;
            case Long _ -> JAVA_LONG;
            default -> ADDRESS;
          };
    }
    all[arguments.length] = MemorySegment.NULL;
    layouts[arguments.length] = ADDRESS;
    MethodHandle function =
        Linker.nativeLinker()
            .downcallHandle(
                library.find(name).orElseThrow(), FunctionDescriptor.of(result, layouts));
    try {
      return function.invokeWithArguments(all);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    for (MemorySegment handle : handles) {
      invoke("libvmdk_handle_close", JAVA_INT, handle);
      MemorySegment pointer = arena.allocate(ADDRESS);
      pointer.set(ADDRESS, 0, handle);
      invoke("libvmdk_handle_free", JAVA_INT, pointer);
    }
    arena.close();
  }
}
