package io.vmsnap.harness.node;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * A small shell that outlives this process by a moment: when the node dies, even by SIGKILL, the
 * pipe to it closes and it kills all containers. Processes that nobody looks after would go on
 * writing to volumes that the next node gives to other pods.
 */
final class NodeGuardian implements AutoCloseable {
  private static final String SCRIPT =
      """
      trap '' INT TERM HUP
      while read -r _; do :; done
      for round in 1 2 3; do
        for environ in /proc/[0-9]*/environ; do
          if grep -qzxF "$1" "$environ" 2>/dev/null; then
            pid=${environ#/proc/}
            kill -9 "${pid%/environ}" 2>/dev/null
          fi
        done
      done
      """;

  private final Process shell;

  private NodeGuardian(Process shell) {
    this.shell = shell;
  }

  /** Starts the watch over all processes with that mark. */
  static NodeGuardian over(ProcessMark node) throws IOException {
    // A session of its own: Ctrl-C in the terminal must not reach it.
    Process shell =
        new ProcessBuilder("setsid", "sh", "-c", SCRIPT, "vmsnap-node-guardian", node.variable())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    return new NodeGuardian(shell);
  }

  /** Kills what is left and ends. */
  @Override
  public void close() throws IOException {
    shell.getOutputStream().close();
    try {
      shell.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
