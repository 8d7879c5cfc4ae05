package io.vmsnap.vmdir;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds and applies the character set of a {@link ConfigDictionary}. */
final class TextEncoding {
  /** VMware writes the key in the first lines; further down it would be somebody's data. */
  private static final Pattern DECLARATION =
      Pattern.compile("(?mi)^[ \\t]*\\.encoding[ \\t]*=[ \\t]*\"([^\"\\r\\n]*)\"");

  private static final String ASCII_PROBE = "abc XYZ 019 .:=#\"|\r\n";

  private static final String BYTE_ORDER_MARK = "\uFEFF";

  record Decoded(String text, Charset charset) {}

  private TextEncoding() {}

  static Decoded decode(String file, byte[] bytes) throws DamagedFileException {
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == 0) {
        throw new DamagedFileException(file, "byte " + i + " is zero; this is not a text file");
      }
    }
    Matcher declared = DECLARATION.matcher(new String(bytes, StandardCharsets.ISO_8859_1));
    if (declared.find()) {
      Charset charset = charset(file, declared.group(1));
      return new Decoded(decodeStrictly(file, bytes, charset), charset);
    }
    try {
      return new Decoded(strict(bytes, StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    } catch (CharacterCodingException e) {
      Charset western = Charset.forName("windows-1252");
      return new Decoded(decodeStrictly(file, bytes, western), western);
    }
  }

  private static Charset charset(String file, String name) throws DamagedFileException {
    try {
      Charset charset = Charset.forName(name);
      byte[] probe = ASCII_PROBE.getBytes(StandardCharsets.US_ASCII);
      if (charset.canEncode() && new String(probe, charset).equals(ASCII_PROBE)) {
        return charset;
      }
    } catch (IllegalArgumentException e) {
      // falls through: the name is not one
    }
    throw new DamagedFileException(
        file, ".encoding \"" + name + "\" is not a character set this program can use");
  }

  private static String decodeStrictly(String file, byte[] bytes, Charset charset)
      throws DamagedFileException {
    try {
      return strict(bytes, charset);
    } catch (CharacterCodingException e) {
      throw new DamagedFileException(file, "is not valid " + charset.name() + " text", e);
    }
  }

  private static String strict(byte[] bytes, Charset charset) throws CharacterCodingException {
    String text =
        charset
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT)
            .decode(ByteBuffer.wrap(bytes))
            .toString();
    return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
  }
}
