package io.vmsnap.vmdir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigDictionaryTest {
  @Test
  void changedKeyLeavesEveryOtherByteAlone() throws Exception {
    String text =
        "# note\n\n  odd=  \"a\"   # why\nplain = 5\nUnknown.Key = \"|41\"\nlast = \"x\"\n";

    ConfigDictionary dictionary = parse(text);
    dictionary.put("LAST", "y");

    assertThat(text(dictionary)).isEqualTo(text.replace("last = \"x\"", "last = \"y\""));
  }

  @Test
  void equalValueLeavesTheLineUntouched() throws Exception {
    String text = "a=\"|41\"\n";

    ConfigDictionary dictionary = parse(text);
    dictionary.put("a", "A");

    assertThat(text(dictionary)).isEqualTo(text);
  }

  @Test
  void escapesAreBytesOfTheEncoding() throws Exception {
    ConfigDictionary dictionary = parse("a = \"say |22Gr|C3|B6|C3|9Fe|22 |7C|0A100|% |\"\n");

    assertThat(dictionary.get("a")).contains("say \"Größe\" |\n100|% |");
  }

  @Test
  void everyValueSurvivesWritingAndReading() throws Exception {
    String value = "quote \" bar | hash # tab \t newline \n delete \u007f Größe 磁盘 \uD83D\uDE00";
    ConfigDictionary dictionary = ConfigDictionary.empty();
    dictionary.put("a", value);

    assertThat(ConfigDictionary.parse("f", dictionary.toBytes()).get("a")).contains(value);
  }

  @Test
  void windowsLineEndsStay() throws Exception {
    ConfigDictionary dictionary = parse("a = \"1\"\r\nb = \"2\"\r\n");
    dictionary.put("b", "3");

    assertThat(text(dictionary)).isEqualTo("a = \"1\"\r\nb = \"3\"\r\n");
  }

  @Test
  void declaredEncodingIsUsedForReadingAndWriting() throws Exception {
    Charset gbk = Charset.forName("GBK");
    byte[] bytes = ".encoding = \"GBK\"\nname = \"磁盘\"\n".getBytes(gbk);

    ConfigDictionary dictionary = ConfigDictionary.parse("f", bytes);
    dictionary.put("other", "快照");

    assertThat(dictionary.get("name")).contains("磁盘");
    assertThat(new String(dictionary.toBytes(), gbk))
        .isEqualTo(".encoding = \"GBK\"\nname = \"磁盘\"\nother = \"快照\"\n");
  }

  @Test
  void textWithoutEncodingThatIsNotUtf8IsWestern() throws Exception {
    byte[] bytes = "name = \"Größe\"\n".getBytes(Charset.forName("windows-1252"));

    assertThat(ConfigDictionary.parse("f", bytes).get("name")).contains("Größe");
  }

  @Test
  void whatTheEncodingCannotExpressTurnsTheFileIntoUtf8() throws Exception {
    String text = ".encoding = \"windows-1252\"\nname = \"Größe|FC\"\n";
    ConfigDictionary dictionary =
        ConfigDictionary.parse("f", text.getBytes(Charset.forName("windows-1252")));
    dictionary.put("new", "磁盘");

    ConfigDictionary again = ConfigDictionary.parse("f", dictionary.toBytes());

    assertThat(again.get(".encoding")).contains("UTF-8");
    assertThat(again.get("name")).contains("Größeü");
    assertThat(again.get("new")).contains("磁盘");
  }

  @Test
  void byteOrderMarkIsNoPartOfTheFirstKey() throws Exception {
    assertThat(parse("\uFEFFa = \"1\"\n").get("a")).contains("1");
  }

  @Test
  void removedKeyIsGoneAndTheOthersAreStillFound() throws Exception {
    ConfigDictionary dictionary = parse("a = \"1\"\nb = \"2\"\nc = \"3\"\n");
    dictionary.remove("B");
    dictionary.put("c", "4");

    assertThat(text(dictionary)).isEqualTo("a = \"1\"\nc = \"4\"\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "no equals sign",
        "= \"no key\"",
        "a = \"open",
        "a = \"closed\" rest",
        "a = un\"quoted",
        "\"a\" = \"b\"",
        "ok = \"1\"\nOK = \"2\"",
        ".encoding = \"Klingon\"",
        ".encoding = \"UTF-16\"",
        "a = \"\u0000\"",
      })
  void garbageIsRefusedWithTheNameOfTheFile(String text) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(DamagedFileException.class)
        .hasMessageStartingWith("web.vmsd: ");
  }

  @Test
  void textThatIsNotInTheDeclaredEncodingIsRefused() {
    byte[] bytes =
        ".encoding = \"UTF-8\"\nname = \"Größe\"\n".getBytes(StandardCharsets.ISO_8859_1);

    assertThatThrownBy(() -> ConfigDictionary.parse("web.vmsd", bytes))
        .isInstanceOf(DamagedFileException.class)
        .hasMessageContaining("UTF-8");
  }

  @Test
  void sizesAreBounded() {
    assertThatThrownBy(() -> ConfigDictionary.parse("f", new byte[ConfigDictionary.MAX_BYTES + 1]))
        .hasMessageContaining("at most");
    assertThatThrownBy(() -> parse("#\n".repeat(ConfigDictionary.MAX_LINES + 1)))
        .hasMessageContaining("lines");
  }

  private static ConfigDictionary parse(String text) throws DamagedFileException {
    return ConfigDictionary.parse("web.vmsd", text.getBytes(StandardCharsets.UTF_8));
  }

  private static String text(ConfigDictionary dictionary) {
    return new String(dictionary.toBytes(), StandardCharsets.UTF_8);
  }
}
