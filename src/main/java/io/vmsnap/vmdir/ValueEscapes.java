package io.vmsnap.vmdir;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;

/** The {@code |XX} escapes of {@link ConfigDictionary}; XX is a byte of the file's encoding. */
final class ValueEscapes {
  private static final String HEX = "0123456789ABCDEF";

  private ValueEscapes() {}

  static String escape(String value) {
    StringBuilder text = new StringBuilder(value.length());
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '|' || c < 0x20 || c == 0x7f) {
        text.append('|').append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }

  /** A bar without two hex digits stands for itself, as in files written by hand. */
  static String unescape(String value, Charset charset) {
    if (value.indexOf('|') < 0) {
      return value;
    }
    StringBuilder text = new StringBuilder(value.length());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int i = 0;
    while (i < value.length()) {
      if (isEscape(value, i)) {
        bytes.write(Integer.parseInt(value, i + 1, i + 3, 16));
        i += 3;
      } else {
        flush(bytes, text, charset);
        text.append(value.charAt(i++));
      }
    }
    flush(bytes, text, charset);
    return text.toString();
  }

  private static boolean isEscape(String value, int i) {
    return value.charAt(i) == '|'
        && i + 2 < value.length()
        && Character.digit(value.charAt(i + 1), 16) >= 0
        && Character.digit(value.charAt(i + 2), 16) >= 0
        && value.charAt(i + 1) < 0x80
        && value.charAt(i + 2) < 0x80;
  }

  private static void flush(ByteArrayOutputStream bytes, StringBuilder text, Charset charset) {
    if (bytes.size() > 0) {
      text.append(bytes.toString(charset));
      bytes.reset();
    }
  }
}
