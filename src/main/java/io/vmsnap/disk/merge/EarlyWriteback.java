package io.vmsnap.disk.merge;

import io.vmsnap.storage.StorageFile;
import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Brings a file to the volume while it is still being written, so that the volume does not idle
 * first and everybody wait for it in the end. Where blocks are shared there is nothing to bring,
 * and nothing is done.
 */
final class EarlyWriteback implements Closeable {
  private static final long BYTES = 64L << 20;

  /** What goes faster than this was not copied. */
  private static final long BYTES_PER_MICROSECOND = 16 << 10;

  private final StorageFile file;
  private FutureTask<Void> task;
  private long bytes;
  private long nanos;

  EarlyWriteback(StorageFile file) {
    this.file = file;
  }

  /** Hears what was written, and how long that took. */
  void written(long more, long took) throws IOException {
    bytes += more;
    nanos += took;
    if (bytes < BYTES || task != null && !task.isDone()) {
      return;
    }
    await();
    if (bytes / Math.max(1, nanos / 1000) < BYTES_PER_MICROSECOND) {
      task =
          new FutureTask<>(
              () -> {
                file.sync();
                return null;
              });
      Thread.ofPlatform().name("writeback").daemon().start(task);
    }
    bytes = 0;
    nanos = 0;
  }

  /** Returns when the file is left alone; says nothing about what is on the volume. */
  void await() throws IOException {
    if (task == null) {
      return;
    }
    FutureTask<Void> last = task;
    task = null;
    boolean interrupted = false;
    while (true) {
      try {
        last.get();
        break;
      } catch (InterruptedException e) {
        interrupted = true; // the file must not be closed under the one who writes it
      } catch (ExecutionException e) {
        throw new IOException(
            file.name() + ": cannot be written to the volume: " + e.getCause().getMessage(),
            e.getCause());
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    await();
  }
}
