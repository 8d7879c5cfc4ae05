package io.vmsnap.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/**
 * Shows on standard error how far something is: on a terminal a bar that is drawn again and again,
 * else a line for every tenth.
 */
final class ProgressLine {
  private static final int BAR = 30;
  private static final long REDRAW_NANOS = Duration.ofMillis(100).toNanos();

  private final PrintStream out;
  private final boolean terminal;
  private long started = System.nanoTime();
  private String what = "";
  private long drawn;
  private int lastTenth = -1;

  ProgressLine(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** For this process. */
  static ProgressLine onStandardError() {
    return new ProgressLine(System.err, isTerminal(2));
  }

  /** Whether a file descriptor of this process is a terminal. */
  static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }

  /** Begins another part. */
  void begin(String name) {
    end();
    what = name;
    started = System.nanoTime();
    lastTenth = -1;
    drawn = 0;
  }

  void at(long done, long total) {
    int percent = total == 0 ? 100 : (int) (done * 100.0 / total);
    if (terminal) {
      long now = System.nanoTime();
      if (now - drawn >= REDRAW_NANOS || done == total) {
        drawn = now;
        out.print("\r\033[K" + bar(percent) + rate(done));
        out.flush();
      }
    } else if (percent / 10 > lastTenth) {
      lastTenth = percent / 10;
      out.println(what + ": " + percent + " %" + rate(done));
    }
  }

  /** Leaves the bar's line. */
  void end() {
    if (terminal && drawn != 0) {
      out.println();
      drawn = 0;
    }
  }

  private String bar(int percent) {
    int filled = percent * BAR / 100;
    return what + " [" + "#".repeat(filled) + ".".repeat(BAR - filled) + "] " + percent + " %";
  }

  private String rate(long done) {
    double seconds = (System.nanoTime() - started) / 1e9;
    return seconds < 0.5
        ? ""
        : String.format(Locale.ROOT, ", %.0f MiB/s", done / 1048576.0 / seconds);
  }
}
