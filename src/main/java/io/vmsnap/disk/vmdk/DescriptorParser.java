package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.DiskException;
import io.vmsnap.disk.UnsupportedDiskException;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the text of a descriptor line by line; keys are compared whole. */
final class DescriptorParser {
  private static final Pattern EXTENT =
      Pattern.compile(
          "\\s*(RW|RDONLY|NOACCESS)\\s+([0-9]{1,18})\\s+([A-Za-z]+)"
              + "(?:\\s+\"([^\"]+)\")?(?:\\s+([0-9]{1,18}))?(?:\\s+\\S.*)?");
  private static final Pattern EXTENT_START = Pattern.compile("\\s*(RW|RDONLY|NOACCESS)\\s");

  /** Entries that decide what the disk is: two of them would be two disks. */
  private static final Set<String> ONCE =
      Set.of("version", "cid", "parentcid", "createtype", "parentfilenamehint", "encoding");

  private final String file;
  private final List<DescriptorLine> lines = new ArrayList<>();
  private final Set<String> seen = new HashSet<>();
  private long sectors;
  private int number;

  private DescriptorParser(String file) {
    this.file = file;
  }

  static DiskDescriptor parse(String file, byte[] bytes) throws DiskException {
    byte[] text = untilNul(bytes);
    if (text.length > DiskDescriptor.MAX_BYTES) {
      throw CorruptDiskException.in(
          file, "a descriptor of " + text.length + " bytes; at most " + DiskDescriptor.MAX_BYTES);
    }
    Charset charset = DescriptorEncoding.detect(file, text);
    String content = DescriptorEncoding.decode(file, text, charset);
    String lineEnd = content.contains("\r\n") ? "\r\n" : "\n";
    DescriptorParser parser = new DescriptorParser(file);
    for (String line : content.lines().toList()) {
      parser.add(line);
    }
    return parser.finish(charset, lineEnd);
  }

  /** The embedded form is padded with NUL. */
  private static byte[] untilNul(byte[] bytes) {
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return Arrays.copyOf(bytes, end);
  }

  private void add(String line) throws DiskException {
    number++;
    String stripped = line.strip();
    if (number == 1 && !stripped.equalsIgnoreCase(DiskDescriptor.SIGNATURE)) {
      throw corrupt("not a disk descriptor: it must begin with " + DiskDescriptor.SIGNATURE);
    }
    if (stripped.isEmpty() || stripped.startsWith("#")) {
      lines.add(new DescriptorLine.Remark(line));
    } else if (EXTENT_START.matcher(line).lookingAt()) {
      lines.add(new DescriptorLine.ExtentLine(line, extent(line)));
    } else {
      lines.add(entry(line));
    }
  }

  private Extent extent(String line) throws DiskException {
    Matcher m = EXTENT.matcher(line);
    if (!m.matches()) {
      throw corrupt("extent: expected ACCESS SECTORS TYPE \"FILE\" OFFSET");
    }
    ExtentType type = type(m.group(3));
    long length = Long.parseLong(m.group(2));
    long offset = m.group(5) == null ? 0 : Long.parseLong(m.group(5));
    sectors += length;
    if (length > Extent.MAX_SECTORS || offset > Extent.MAX_SECTORS) {
      throw corrupt("extent: sectors and offset are at most " + Extent.MAX_SECTORS);
    }
    if (sectors > Extent.MAX_SECTORS) {
      throw corrupt("extent: the extents add up to more than " + Extent.MAX_SECTORS + " sectors");
    }
    String name = type.hasFile() ? m.group(4) : null;
    if (type.hasFile() && (name == null || name.chars().anyMatch(Character::isISOControl))) {
      throw corrupt("extent: a " + type + " extent needs a file name in quotes");
    }
    var access = Extent.Access.valueOf(m.group(1));
    return new Extent(access, length, type, name, offset, m.group(5) != null);
  }

  private ExtentType type(String word) throws UnsupportedDiskException {
    for (ExtentType type : ExtentType.values()) {
      if (type.name().equals(word)) {
        return type;
      }
    }
    throw new UnsupportedDiskException(
        file, "line " + number, "extent: the type " + word + " is not known");
  }

  private DescriptorLine entry(String line) throws DiskException {
    int equals = line.indexOf('=');
    String key = equals < 0 ? "" : line.substring(0, equals).strip();
    if (key.isEmpty()) {
      throw corrupt("neither a comment, an entry KEY=VALUE nor an extent");
    }
    String value = line.substring(equals + 1).strip();
    if (value.startsWith("\"")) {
      if (value.length() < 2 || !value.endsWith("\"")) {
        throw corrupt(key + ": the closing quote is missing");
      }
      value = value.substring(1, value.length() - 1);
    }
    String folded = key.toLowerCase(Locale.ROOT);
    if (ONCE.contains(folded) && !seen.add(folded)) {
      throw corrupt(key + ": stands in the file twice");
    }
    check(key, folded, value);
    return new DescriptorLine.Entry(line, key, value);
  }

  private void check(String key, String folded, String value) throws DiskException {
    switch (folded) {
      case "cid", "parentcid" -> {
        try {
          ContentId.parse(value);
        } catch (IllegalArgumentException e) {
          throw corrupt(key + ": \"" + value + "\" is not one to eight hexadecimal digits");
        }
      }
      case "version" -> {
        if (!value.matches("[0-9]{1,9}")) {
          throw corrupt(key + ": \"" + value + "\" is not a number");
        }
        int version = Integer.parseInt(value);
        if (version < 1 || version > DiskDescriptor.MAX_VERSION) {
          throw new UnsupportedDiskException(
              file,
              "line " + number,
              key + ": " + value + "; known are 1 to " + DiskDescriptor.MAX_VERSION);
        }
      }
      default -> {
        // any value is right
      }
    }
  }

  private DiskDescriptor finish(Charset charset, String lineEnd) throws CorruptDiskException {
    if (lines.isEmpty()) {
      throw CorruptDiskException.in(file, "the descriptor is empty");
    }
    for (String key : List.of("version", "cid", "createtype")) {
      if (!seen.contains(key)) {
        throw CorruptDiskException.in(file, "the descriptor has no entry " + key);
      }
    }
    return new DiskDescriptor(file, charset, lineEnd, lines);
  }

  private CorruptDiskException corrupt(String what) {
    return CorruptDiskException.inLine(file, number, what);
  }
}
