package io.vmsnap.runner;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Copies the guest's serial console to the pod's log, whole lines at a time so that they never mix
 * with others. A line without end is cut, not collected: the guest decides how long it is.
 */
final class ConsoleLog {
  static final int MAX_LINE_BYTES = 8 << 10;
  private static final int BUFFER_BYTES = 8 << 10;

  private final InputStream console;
  private final OutputStream log;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();

  private ConsoleLog(InputStream console, OutputStream log) {
    this.console = console;
    this.log = log;
  }

  /** Copies until the console ends; the returned thread has then ended too. */
  static Thread copy(InputStream console, OutputStream log) {
    return Thread.ofPlatform().daemon().name("console").start(new ConsoleLog(console, log)::run);
  }

  private void run() {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      for (int n = console.read(buffer); n >= 0; n = console.read(buffer)) {
        for (int i = 0; i < n; i++) {
          accept(buffer[i]);
        }
        log.flush();
      }
      if (line.size() > 0) {
        endLine();
        log.flush();
      }
    } catch (IOException e) {
      // Nobody reads the log, or QEMU is gone: neither must stop the machine.
    }
  }

  private void accept(byte next) throws IOException {
    if (next == '\n') {
      endLine();
    } else if (next != '\r') {
      line.write(next);
      if (line.size() == MAX_LINE_BYTES) {
        endLine();
      }
    }
  }

  private void endLine() throws IOException {
    line.write('\n');
    log.write(line.toByteArray());
    line.reset();
  }
}
