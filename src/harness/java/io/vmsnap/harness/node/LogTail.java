package io.vmsnap.harness.node;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;

/** Finds the last lines of a log without reading all of it. */
final class LogTail {
  private static final int BLOCK = 64 * 1024;

  private LogTail() {}

  /** Index at which the last {@code lines} lines of the bytes start. */
  static int startOfLastLines(byte[] bytes, long lines) {
    long seen = 0;
    for (int i = bytes.length - 1; i >= 0; i--) {
      // A line feed at the very end closes the last line, it does not begin another one.
      if (bytes[i] == '\n' && i != bytes.length - 1 && ++seen == lines) {
        return i + 1;
      }
    }
    return lines == 0 ? bytes.length : 0;
  }

  /** Offset in the file at which its last {@code lines} lines start. */
  static long startOfLastLines(Path log, long lines) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
      long length = file.length();
      if (lines <= 0) {
        return length;
      }
      long seen = 0;
      byte[] block = new byte[BLOCK];
      for (long end = length; end > 0; ) {
        int count = (int) Math.min(BLOCK, end);
        long start = end - count;
        file.seek(start);
        file.readFully(block, 0, count);
        for (int i = count - 1; i >= 0; i--) {
          if (block[i] == '\n' && start + i != length - 1 && ++seen == lines) {
            return start + i + 1;
          }
        }
        end = start;
      }
      return 0;
    }
  }
}
