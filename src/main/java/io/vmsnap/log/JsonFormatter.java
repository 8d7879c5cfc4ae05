package io.vmsnap.log;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.Level;
import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.ExtLogRecord;

/**
 * One JSON object a line: {@code timestamp} (UTC, milliseconds), {@code level} (ERROR, WARN, INFO,
 * DEBUG), {@code logger}, {@code thread}, {@code message}, then what the line is about ({@code
 * namespace}, {@code vm}, {@code snapshot}, {@code revert}, {@code schedule}, {@code operation}, as
 * far as known), and for an exception {@code error} and {@code stack}. Written by hand: a JSON
 * library would be loaded into every job for it.
 */
public final class JsonFormatter extends ExtFormatter {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSX").withZone(ZoneOffset.UTC);

  /** Prefix of what the operator framework says about the resource that it works on. */
  private static final String FRAMEWORK = "resource.";

  /** Prefix of what it says about the event that told of it. */
  private static final String FRAMEWORK_EVENT = "eventsource.";

  /** Kind of the framework's resource, and the field that has its name. */
  private static final Map<String, String> FIELD_OF_KIND =
      Map.of(
          "VirtualMachine", LogFields.VM,
          "VMSnapshot", LogFields.SNAPSHOT,
          "VMSnapshotRevert", LogFields.REVERT,
          "VMSnapshotSchedule", LogFields.SCHEDULE);

  private final LogFields process;

  /**
   * @param process what all lines are about; a line's own context has precedence
   */
  public JsonFormatter(LogFields process) {
    this.process = process;
  }

  @Override
  public String format(ExtLogRecord entry) {
    StringBuilder line = new StringBuilder(256).append('{');
    add(line, "timestamp", TIME.format(entry.getInstant()));
    add(line, "level", level(entry.getLevel()));
    add(line, "logger", entry.getLoggerName());
    add(line, "thread", entry.getThreadName());
    add(line, "message", entry.getFormattedMessage());
    about(entry.getMdcCopy()).forEach((name, value) -> add(line, name, value));
    Throwable thrown = entry.getThrown();
    if (thrown != null) {
      add(line, "error", thrown.toString());
      StringWriter stack = new StringWriter();
      thrown.printStackTrace(new PrintWriter(stack, true));
      add(line, "stack", stack.toString());
    }
    return line.append("}\n").toString();
  }

  private Map<String, String> about(Map<String, String> context) {
    Map<String, String> fields = new LinkedHashMap<>(process.values());
    if (context.containsKey(FRAMEWORK + "name")) {
      String kind = context.getOrDefault(FRAMEWORK + "kind", "");
      fields.put(LogFields.NAMESPACE, context.get(FRAMEWORK + "namespace"));
      fields.put(FIELD_OF_KIND.getOrDefault(kind, "resource"), context.get(FRAMEWORK + "name"));
    }
    context.forEach(
        (name, value) -> {
          if (!name.startsWith(FRAMEWORK) && !name.startsWith(FRAMEWORK_EVENT)) {
            fields.put(name, value);
          }
        });
    return fields;
  }

  /** The four words that people filter by, whichever library has logged. */
  private static String level(Level level) {
    int value = level.intValue();
    if (value >= Level.SEVERE.intValue()) {
      return "ERROR";
    }
    if (value >= Level.WARNING.intValue()) {
      return "WARN";
    }
    return value >= Level.INFO.intValue() ? "INFO" : "DEBUG";
  }

  private static void add(StringBuilder line, String name, String value) {
    if (value == null) {
      return;
    }
    line.append(line.length() > 1 ? "," : "");
    quote(line, name);
    line.append(':');
    quote(line, value);
  }

  /** RFC 8259, section 7. Lone surrogates become U+FFFD: no reader would take them. */
  private static void quote(StringBuilder line, String text) {
    line.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> line.append("\\\"");
        case '\\' -> line.append("\\\\");
        case '\n' -> line.append("\\n");
        case '\r' -> line.append("\\r");
        case '\t' -> line.append("\\t");
        default -> {
          if (c < ' ' || c == 0x7f) {
            line.append(String.format("\\u%04x", (int) c));
          } else if (!Character.isSurrogate(c)) {
            line.append(c);
          } else if (Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1))) {
            line.append(c).append(text.charAt(++i));
          } else {
            line.append('\ufffd');
          }
        }
      }
    }
    line.append('"');
  }
}
