package io.vmsnap.harness.bench;

import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;

/**
 * Counts the work that is done on a storage. What a test says of it holds on every machine, which
 * no limit in seconds does.
 */
public final class CountingStorage {
  private final VmStorage storage;
  private long operations;
  private long read;
  private long written;

  public CountingStorage(VmStorage storage) {
    this.storage = proxy(VmStorage.class, storage);
  }

  /** The storage, counted. */
  public VmStorage storage() {
    return storage;
  }

  /** Calls of any kind since the last {@link #reset}. */
  public long operations() {
    return operations;
  }

  /** Bytes read. */
  public long read() {
    return read;
  }

  /** Bytes written. */
  public long written() {
    return written;
  }

  /** Begins to count anew. */
  public void reset() {
    operations = 0;
    read = 0;
    written = 0;
  }

  private <T> T proxy(Class<T> type, T target) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              if (!method.getName().equals("name") && !method.getName().equals("close")) {
                operations++;
              }
              int before = remaining(arguments);
              Object result;
              try {
                result = method.invoke(target, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
              int moved = before - remaining(arguments);
              if (method.getName().startsWith("read")) {
                read += moved;
              } else if (method.getName().equals("write")) {
                written += moved;
              }
              return result instanceof StorageFile file ? proxy(StorageFile.class, file) : result;
            }));
  }

  private static int remaining(Object[] arguments) {
    return arguments != null && arguments.length > 0 && arguments[0] instanceof ByteBuffer buffer
        ? buffer.remaining()
        : 0;
  }
}
