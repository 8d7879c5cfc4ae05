package io.vmsnap.vmdir;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * VMware's configuration text, the common format of {@code .vmx} and {@code .vmsd}: lines of {@code
 * key = "value"}. Keys are compared without regard to case. In values, a double quote, a vertical
 * bar and control characters are written as {@code |} and two hex digits of the byte ({@code |22},
 * {@code |7C}, {@code |0A}). Lines that start with {@code #} are comments. The key {@code
 * .encoding} names the character set; without it the text is UTF-8 if it is valid UTF-8, else
 * windows-1252.
 *
 * <p>Comments, unknown keys, order, line ends and the exact text of unchanged lines survive a
 * change. Limits: {@value #MAX_BYTES} bytes, {@value #MAX_LINES} lines. Described in {@code
 * docs/formats/vmx.md}.
 */
final class ConfigDictionary {
  /**
   * A history of 10,000 snapshots has 5 MiB and 140,000 lines, more with many disks. In base64, as
   * in a journal, this is still below what Jackson reads as one string (20 million characters).
   */
  static final int MAX_BYTES = 12 << 20;

  static final int MAX_LINES = 400_000;
  static final String ENCODING = ".encoding";

  private sealed interface Line {
    /** As it stands in the file, without its end. */
    String written();
  }

  /** A blank line or a comment. */
  private record Verbatim(String written) implements Line {}

  /**
   * @param text the line as it was read; null if it is new or changed
   */
  private record Entry(String key, String value, String text) implements Line {
    @Override
    public String written() {
      return text != null ? text : key + " = \"" + ValueEscapes.escape(value) + "\"";
    }
  }

  private final List<Line> lines;
  private final Map<String, Integer> positions = new HashMap<>();
  private final String lineEnd;
  private final Charset charset;

  private ConfigDictionary(List<Line> lines, String lineEnd, Charset charset) {
    this.lines = lines;
    this.lineEnd = lineEnd;
    this.charset = charset;
    index();
  }

  /** An empty dictionary in UTF-8. */
  static ConfigDictionary empty() {
    return new ConfigDictionary(new ArrayList<>(), "\n", StandardCharsets.UTF_8);
  }

  /**
   * @param file its name, for messages
   * @throws DamagedFileException naming the line that is no {@code key = "value"}, a key given
   *     twice, an unknown encoding, or a file over the limits
   */
  static ConfigDictionary parse(String file, byte[] bytes) throws DamagedFileException {
    if (bytes.length > MAX_BYTES) {
      throw new DamagedFileException(
          file, "has " + bytes.length + " bytes; at most " + MAX_BYTES + " are expected");
    }
    TextEncoding.Decoded decoded = TextEncoding.decode(file, bytes);
    String text = decoded.text();
    String lineEnd = text.contains("\r\n") ? "\r\n" : "\n";
    List<Line> lines = new ArrayList<>();
    Set<String> seen = new TreeSet<>();
    int start = 0;
    while (start < text.length()) {
      int end = text.indexOf('\n', start);
      String line = text.substring(start, end < 0 ? text.length() : end);
      start = end < 0 ? text.length() : end + 1;
      if (lines.size() == MAX_LINES) {
        throw new DamagedFileException(file, "has more than " + MAX_LINES + " lines");
      }
      Line parsed = parseLine(file, lines.size() + 1, stripCarriageReturn(line), decoded.charset());
      if (parsed instanceof Entry entry && !seen.add(fold(entry.key()))) {
        throw new DamagedFileException(
            file, "line " + (lines.size() + 1) + ": \"" + entry.key() + "\" is given twice");
      }
      lines.add(parsed);
    }
    return new ConfigDictionary(lines, lineEnd, decoded.charset());
  }

  private static String stripCarriageReturn(String line) {
    return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
  }

  private static Line parseLine(String file, int number, String line, Charset charset)
      throws DamagedFileException {
    String stripped = line.strip();
    if (stripped.isEmpty() || stripped.startsWith("#")) {
      return new Verbatim(line);
    }
    int equals = stripped.indexOf('=');
    String key = equals < 0 ? "" : stripped.substring(0, equals).strip();
    if (key.isEmpty() || key.indexOf('"') >= 0 || key.chars().anyMatch(Character::isISOControl)) {
      throw badLine(file, number, line);
    }
    String rest = stripped.substring(equals + 1).strip();
    String value;
    if (rest.startsWith("\"")) {
      int close = rest.indexOf('"', 1);
      String after = close < 0 ? "" : rest.substring(close + 1).strip();
      if (close < 0 || !(after.isEmpty() || after.startsWith("#"))) {
        throw badLine(file, number, line);
      }
      value = rest.substring(1, close);
    } else {
      // Very old files leave the quotes out.
      int comment = rest.indexOf('#');
      value = (comment < 0 ? rest : rest.substring(0, comment)).strip();
      if (value.indexOf('"') >= 0) {
        throw badLine(file, number, line);
      }
    }
    return new Entry(key, ValueEscapes.unescape(value, charset), line);
  }

  private static DamagedFileException badLine(String file, int number, String line) {
    String shown = line.length() > 60 ? line.substring(0, 60) + "..." : line;
    return new DamagedFileException(
        file,
        "line "
            + number
            + " is not of the form key = \"value\": "
            + shown.replaceAll("\\p{Cntrl}", "?"));
  }

  Optional<String> get(String key) {
    Integer at = positions.get(fold(key));
    return at == null ? Optional.empty() : Optional.of(((Entry) lines.get(at)).value());
  }

  /** Keys in the order of the file, in the case in which they are written. */
  List<String> keys() {
    return lines.stream().filter(Entry.class::isInstance).map(l -> ((Entry) l).key()).toList();
  }

  boolean isEmpty() {
    return lines.isEmpty();
  }

  ConfigDictionary copy() {
    return new ConfigDictionary(new ArrayList<>(lines), lineEnd, charset);
  }

  /** Sets a value in place; a new key goes to the end. An equal value leaves the line untouched. */
  void put(String key, String value) {
    Integer at = positions.get(fold(key));
    if (at == null) {
      positions.put(fold(key), lines.size());
      lines.add(new Entry(key, value, null));
    } else {
      Entry old = (Entry) lines.get(at);
      if (!old.value().equals(value)) {
        lines.set(at, new Entry(old.key(), value, null));
      }
    }
  }

  /** Sets a value; a new key goes below the given one, or to the top if that does not exist. */
  void putAfter(String anchor, String key, String value) {
    if (positions.containsKey(fold(key))) {
      put(key, value);
      return;
    }
    int at = positions.getOrDefault(fold(anchor), -1) + 1;
    lines.add(at, new Entry(key, value, null));
    index();
  }

  void remove(String key) {
    Integer at = positions.get(fold(key));
    if (at != null) {
      lines.remove(at.intValue());
      positions.clear();
      index();
    }
  }

  /** Gives keys other names, where they are; those that become null go, all in one pass. */
  void rename(UnaryOperator<String> names) {
    List<Line> renamed = new ArrayList<>(lines.size());
    for (Line line : lines) {
      if (line instanceof Entry entry) {
        String key = names.apply(entry.key());
        if (key != null) {
          renamed.add(key.equals(entry.key()) ? entry : new Entry(key, entry.value(), null));
        }
      } else {
        renamed.add(line);
      }
    }
    lines.clear();
    lines.addAll(renamed);
    positions.clear();
    index();
  }

  private void index() {
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i) instanceof Entry entry) {
        positions.put(fold(entry.key()), i);
      }
    }
  }

  /** The file's bytes. What its encoding cannot express turns the whole file into UTF-8. */
  byte[] toBytes() {
    String text = render();
    if (charset.newEncoder().canEncode(text)) {
      return text.getBytes(charset);
    }
    // Escapes are bytes of the old encoding, so no line can be taken over as it was read.
    List<Line> rewritten = new ArrayList<>();
    for (Line line : lines) {
      rewritten.add(line instanceof Entry e ? new Entry(e.key(), e.value(), null) : line);
    }
    ConfigDictionary utf8 = new ConfigDictionary(rewritten, lineEnd, StandardCharsets.UTF_8);
    if (utf8.get(ENCODING).isPresent()) {
      utf8.put(ENCODING, "UTF-8");
    } else {
      utf8.lines.addFirst(new Entry(ENCODING, "UTF-8", null));
    }
    return utf8.render().getBytes(StandardCharsets.UTF_8);
  }

  private String render() {
    StringBuilder text = new StringBuilder();
    for (Line line : lines) {
      text.append(line.written()).append(lineEnd);
    }
    return text.toString();
  }

  private static String fold(String key) {
    return key.toLowerCase(Locale.ROOT);
  }
}
