package io.vmsnap.cli;

import java.io.PrintWriter;
import java.io.Writer;

/** What a job says on its standard output, as log lines: each whole line is one. */
final class LogWriter extends Writer {
  private final System.Logger log;
  private final StringBuilder line = new StringBuilder();

  private LogWriter(System.Logger log) {
    this.log = log;
  }

  static PrintWriter open(String logger) {
    return new PrintWriter(new LogWriter(System.getLogger(logger)), true);
  }

  @Override
  public void write(char[] text, int from, int length) {
    for (int i = from; i < from + length; i++) {
      if (text[i] == '\n') {
        emit();
      } else if (text[i] != '\r') {
        line.append(text[i]);
      }
    }
  }

  private void emit() {
    String said = line.toString().strip();
    line.setLength(0);
    if (!said.isEmpty()) {
      log.log(System.Logger.Level.INFO, said);
    }
  }

  @Override
  public void flush() {
    // a line is out as soon as it is whole
  }

  @Override
  public void close() {
    emit();
  }
}
