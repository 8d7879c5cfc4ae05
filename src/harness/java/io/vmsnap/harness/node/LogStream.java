package io.vmsnap.harness.node;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Copies a log file to a reader, and goes on while the container writes. */
final class LogStream {
  private static final int BLOCK = 64 * 1024;
  private static final long POLL_MILLIS = 200;

  private final LogSource source;
  private long left;

  /**
   * @param limit bytes to copy at most
   */
  LogStream(LogSource source, long limit) {
    this.source = source;
    this.left = limit;
  }

  /**
   * @param tailLines begin with the last so many lines; all if negative
   * @param follow go on until the container has ended
   * @throws IOException if the reader has gone
   */
  void copy(long tailLines, boolean follow, OutputStream out)
      throws IOException, InterruptedException {
    try (RandomAccessFile file = new RandomAccessFile(source.file().toFile(), "r")) {
      if (tailLines >= 0) {
        file.seek(LogTail.startOfLastLines(source.file(), tailLines));
      }
      byte[] block = new byte[BLOCK];
      CountDownLatch never = new CountDownLatch(1);
      while (left > 0) {
        // Asked before reading: what was written until the end is read after it.
        boolean growing = follow && source.growing().getAsBoolean();
        int count = file.read(block, 0, (int) Math.min(BLOCK, left));
        if (count > 0) {
          out.write(block, 0, count);
          left -= count;
        } else if (growing) {
          out.flush();
          never.await(POLL_MILLIS, TimeUnit.MILLISECONDS);
        } else {
          return;
        }
      }
    }
  }
}
