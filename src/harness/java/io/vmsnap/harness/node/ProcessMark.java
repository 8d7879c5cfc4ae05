package io.vmsnap.harness.node;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds all processes of a container, however deep and whoever adopted them: each inherits an
 * environment variable, and {@code /proc/PID/environ} shows it. A process id alone would be a guess
 * (ids are reused, and children outlive their parents); the mark cannot be mistaken.
 *
 * @param variable e.g. {@code VMSNAP_CONTAINER=uid/name/0}
 */
record ProcessMark(String variable) {
  static final String NODE_VARIABLE = "VMSNAP_LOCAL_NODE";
  static final String CONTAINER_VARIABLE = "VMSNAP_LOCAL_CONTAINER";

  /** Dying processes can still fork once between the listing and the signal. */
  private static final int MAX_ROUNDS = 20;

  static ProcessMark ofNode(String nodeId) {
    return new ProcessMark(NODE_VARIABLE + "=" + nodeId);
  }

  static ProcessMark ofContainer(String containerId) {
    return new ProcessMark(CONTAINER_VARIABLE + "=" + containerId);
  }

  /** Ids of the living processes with this mark. */
  List<Long> find() {
    List<Long> found = new ArrayList<>();
    byte[] wanted = variable.getBytes(StandardCharsets.UTF_8);
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        if (carries(process.resolve("environ"), wanted)) {
          found.add(Long.parseLong(process.getFileName().toString()));
        }
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("cannot list /proc", e);
    }
    return found;
  }

  /**
   * Sends SIGKILL to all of them until none is left.
   *
   * @return how many there were at first
   */
  int killAll() {
    int first = -1;
    for (int round = 0; round < MAX_ROUNDS; round++) {
      List<Long> found = find();
      first = first < 0 ? found.size() : first;
      if (found.isEmpty()) {
        break;
      }
      found.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
      if (round > 0) {
        Thread.yield();
      }
    }
    return first;
  }

  private static boolean carries(Path environ, byte[] wanted) {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(environ);
    } catch (IOException e) {
      return false; // ended meanwhile, or another user's: not ours either way
    }
    int start = 0;
    for (int i = 0; i <= bytes.length; i++) {
      if (i == bytes.length || bytes[i] == 0) {
        if (i - start == wanted.length
            && java.util.Arrays.equals(bytes, start, i, wanted, 0, wanted.length)) {
          return true;
        }
        start = i + 1;
      }
    }
    return false;
  }
}
