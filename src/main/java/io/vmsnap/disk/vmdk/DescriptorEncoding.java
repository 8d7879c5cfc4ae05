package io.vmsnap.disk.vmdk;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.UnsupportedDiskException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The character encoding of a descriptor. The file names it itself ({@code encoding="GBK"}); every
 * encoding that VMware writes agrees with ASCII in the bytes of keywords, so the entry can be found
 * before it is obeyed. Without the entry the text is UTF-8 if it is valid UTF-8, else windows-1252.
 */
final class DescriptorEncoding {
  private static final Pattern ENTRY =
      Pattern.compile("(?mi)^[ \\t]*encoding[ \\t]*=[ \\t]*\"?([^\"\\r\\n]{0,64})");
  private static final Charset WINDOWS_1252 = Charset.forName("windows-1252");
  private static final String KEYWORDS = "# Extent description\nCID=0123456789abcdef\"_-./\r\n";

  private DescriptorEncoding() {}

  /** The charset of the text; an unknown one passes as ASCII if no byte lies outside it. */
  static Charset detect(String file, byte[] text) throws UnsupportedDiskException {
    Matcher entry = ENTRY.matcher(new String(text, StandardCharsets.ISO_8859_1));
    if (!entry.find()) {
      return decodes(text, StandardCharsets.UTF_8) ? StandardCharsets.UTF_8 : WINDOWS_1252;
    }
    String name = entry.group(1).strip();
    Charset charset = byName(name);
    if (charset != null) {
      return charset;
    }
    if (decodes(text, StandardCharsets.US_ASCII)) {
      return StandardCharsets.US_ASCII;
    }
    throw new UnsupportedDiskException(
        file, "encoding", "the encoding \"" + name + "\" is not known here; convert it to UTF-8");
  }

  static String decode(String file, byte[] text, Charset charset) throws CorruptDiskException {
    ByteBuffer bytes = ByteBuffer.wrap(text);
    CharBuffer chars = CharBuffer.allocate(text.length * 2 + 1);
    var result =
        charset
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT)
            .decode(bytes, chars, true);
    if (result.isError()) {
      throw CorruptDiskException.at(file, bytes.position(), "not " + charset.name() + " text");
    }
    return chars.flip().toString();
  }

  /** Encodes, or refuses what the charset cannot hold instead of writing question marks. */
  static byte[] encode(String file, String text, Charset charset) throws UnsupportedDiskException {
    try {
      ByteBuffer bytes =
          charset
              .newEncoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .encode(CharBuffer.wrap(text));
      byte[] result = new byte[bytes.remaining()];
      bytes.get(result);
      return result;
    } catch (CharacterCodingException e) {
      throw new UnsupportedDiskException(
          file, "encoding", "the text has characters that " + charset.name() + " has not");
    }
  }

  private static Charset byName(String name) {
    try {
      Charset charset = Charset.forName(name);
      byte[] ascii = KEYWORDS.getBytes(StandardCharsets.US_ASCII);
      return charset.canEncode() && KEYWORDS.equals(new String(ascii, charset)) ? charset : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static boolean decodes(byte[] text, Charset charset) {
    try {
      charset.newDecoder().decode(ByteBuffer.wrap(text));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }
}
