package io.vmsnap.cli;

import io.vmsnap.log.JsonFormatter;
import io.vmsnap.log.LogFields;
import java.time.temporal.ChronoUnit;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * One line a record on standard error, because standard output belongs to results and to the
 * guest's console. Set up by hand: without Quarkus nobody does, and its log manager, which is on
 * the class path, says nothing by default.
 */
final class StandardErrorLog {
  private StandardErrorLog() {}

  static void install() {
    // Java's own manager silences every logger when the process gets a signal, which is when the
    // runner has most to say; this one, which the class path has anyway, does not.
    System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
    Logger root = Logger.getLogger("");
    for (Handler handler : root.getHandlers()) {
      root.removeHandler(handler);
    }
    ConsoleHandler handler = new ConsoleHandler();
    LogFields fields = LogFields.ofProcess();
    handler.setFormatter(
        LogFields.isJsonWanted() ? new JsonFormatter(fields) : new OneLine(about(fields)));
    handler.setLevel(Level.INFO);
    root.addHandler(handler);
    root.setLevel(Level.INFO);
  }

  /** What all lines end with, such as {@code namespace=demo vm=web}. */
  private static String about(LogFields fields) {
    StringBuilder about = new StringBuilder();
    fields
        .values()
        .forEach((name, value) -> about.append(' ').append(name).append('=').append(value));
    return about.toString();
  }

  private static final class OneLine extends Formatter {
    private final String about;

    OneLine(String about) {
      this.about = about;
    }

    @Override
    public String format(LogRecord entry) {
      StringBuilder line = new StringBuilder();
      line.append(entry.getInstant().truncatedTo(ChronoUnit.MILLIS)).append(' ');
      line.append(entry.getLevel()).append(' ').append(formatMessage(entry));
      line.append(about).append('\n');
      if (entry.getThrown() != null) {
        line.append(entry.getThrown()).append('\n');
        for (StackTraceElement frame : entry.getThrown().getStackTrace()) {
          line.append("    at ").append(frame).append('\n');
        }
      }
      return line.toString();
    }
  }
}
