package io.vmsnap.disk;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a chain of VMDK files with libvmdk (libyal), called as a library, because distributions do
 * not ship its vmdkexport.
 */
public final class LibvmdkReader implements AutoCloseable {
  private static final String LIBRARY = "libvmdk.so.1";
  private static final int OPEN_READ = 1;
  private static final int ERROR_TEXT = 4096;

  private final Arena arena = Arena.ofConfined();
  private final Linker linker = Linker.nativeLinker();
  private final SymbolLookup lookup;
  private final List<MemorySegment> handles = new ArrayList<>();
  private final MemorySegment error;

  private LibvmdkReader() {
    lookup = SymbolLookup.libraryLookup(LIBRARY, arena);
    error = arena.allocate(ValueLayout.ADDRESS);
  }

  /** Opens descriptors, base first. */
  public static LibvmdkReader open(List<Path> chain) throws IOException {
    LibvmdkReader reader;
    try {
      reader = new LibvmdkReader();
    } catch (IllegalArgumentException e) {
      ExternalTool.missing(LIBRARY + " is not installed");
      throw e;
    }
    try {
      for (Path descriptor : chain) {
        reader.openOne(descriptor);
      }
      return reader;
    } catch (IOException | RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  private void openOne(Path descriptor) throws IOException {
    MemorySegment pointer = arena.allocate(ValueLayout.ADDRESS);
    check(call("libvmdk_handle_initialize", pointer, error), "initialize");
    MemorySegment handle = pointer.get(ValueLayout.ADDRESS, 0);
    check(open(handle, arena.allocateFrom(descriptor.toString())), "open " + descriptor);
    check(call("libvmdk_handle_open_extent_data_files", handle, error), "extents " + descriptor);
    if (!handles.isEmpty()) {
      check(setParent(handle, handles.getLast()), "set parent of " + descriptor);
    }
    handles.add(handle);
  }

  /** Content of the topmost disk. */
  public byte[] read(long offset, int length) throws IOException {
    MemorySegment buffer = arena.allocate(length);
    int done = 0;
    while (done < length) {
      long n = readAt(buffer.asSlice(done), length - done, offset + done);
      if (n <= 0) {
        check(-1, "read at " + (offset + done));
      }
      done += (int) n;
    }
    return buffer.toArray(ValueLayout.JAVA_BYTE);
  }

  private int open(MemorySegment handle, MemorySegment path) {
    try {
      return (int)
          handle(
                  "libvmdk_handle_open",
                  FunctionDescriptor.of(
                      ValueLayout.JAVA_INT,
                      ValueLayout.ADDRESS,
                      ValueLayout.ADDRESS,
                      ValueLayout.JAVA_INT,
                      ValueLayout.ADDRESS))
              .invokeExact(handle, path, OPEN_READ, error);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private int setParent(MemorySegment handle, MemorySegment parent) {
    try {
      return (int)
          handle(
                  "libvmdk_handle_set_parent_handle",
                  FunctionDescriptor.of(
                      ValueLayout.JAVA_INT,
                      ValueLayout.ADDRESS,
                      ValueLayout.ADDRESS,
                      ValueLayout.ADDRESS))
              .invokeExact(handle, parent, error);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private long readAt(MemorySegment buffer, long length, long offset) {
    try {
      return (long)
          handle(
                  "libvmdk_handle_read_buffer_at_offset",
                  FunctionDescriptor.of(
                      ValueLayout.JAVA_LONG,
                      ValueLayout.ADDRESS,
                      ValueLayout.ADDRESS,
                      ValueLayout.JAVA_LONG,
                      ValueLayout.JAVA_LONG,
                      ValueLayout.ADDRESS))
              .invokeExact(handles.getLast(), buffer, length, offset, error);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private int call(String name, MemorySegment first, MemorySegment second) {
    try {
      return (int)
          handle(
                  name,
                  FunctionDescriptor.of(
                      ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS))
              .invokeExact(first, second);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private MethodHandle handle(String name, FunctionDescriptor descriptor) {
    return linker.downcallHandle(lookup.find(name).orElseThrow(), descriptor);
  }

  private void check(int result, String what) throws IOException {
    if (result == 1) {
      return;
    }
    String text = "libvmdk: " + what;
    MemorySegment pointer = error.get(ValueLayout.ADDRESS, 0);
    if (!pointer.equals(MemorySegment.NULL)) {
      try (Arena local = Arena.ofConfined()) {
        MemorySegment message = local.allocate(ERROR_TEXT);
        int length =
            (int)
                handle(
                        "libvmdk_error_sprint",
                        FunctionDescriptor.of(
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_LONG))
                    .invokeExact(pointer, message, (long) ERROR_TEXT);
        text += length > 0 ? ": " + message.getString(0) : "";
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    }
    throw new IOException(text);
  }

  @Override
  public void close() {
    for (MemorySegment handle : handles.reversed()) {
      call("libvmdk_handle_close", handle, error);
      MemorySegment pointer = arena.allocate(ValueLayout.ADDRESS);
      pointer.set(ValueLayout.ADDRESS, 0, handle);
      call("libvmdk_handle_free", pointer, error);
    }
    arena.close();
  }
}
