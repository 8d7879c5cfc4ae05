package io.vmsnap.harness.node;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a container leaves behind for {@code state.terminated.message}: the first 4096 bytes of its
 * message file, or with {@code FallbackToLogsOnError} after a failure the last 80 lines of its log,
 * at most 2048 bytes (Kubernetes documentation, "Determine the Reason for Pod Failure").
 */
final class TerminationMessage {
  static final int MAX_BYTES = 4096;
  private static final int MAX_LOG_BYTES = 2048;
  private static final int MAX_LOG_LINES = 80;

  private TerminationMessage() {}

  /**
   * @return null when there is none
   */
  static String read(Path messageFile, Path log, boolean fallbackToLogs, int exitCode)
      throws IOException {
    if (Files.isRegularFile(messageFile) && Files.size(messageFile) > 0) {
      try (var in = Files.newInputStream(messageFile)) {
        return new String(in.readNBytes(MAX_BYTES), StandardCharsets.UTF_8);
      }
    }
    if (!fallbackToLogs || exitCode == 0 || !Files.isRegularFile(log)) {
      return null;
    }
    String tail = tail(log);
    return tail.isEmpty() ? null : tail;
  }

  private static String tail(Path log) throws IOException {
    byte[] bytes;
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
      long start = Math.max(0, file.length() - MAX_LOG_BYTES);
      bytes = new byte[(int) (file.length() - start)];
      file.seek(start);
      file.readFully(bytes);
    }
    int from = LogTail.startOfLastLines(bytes, MAX_LOG_LINES);
    return new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
  }
}
