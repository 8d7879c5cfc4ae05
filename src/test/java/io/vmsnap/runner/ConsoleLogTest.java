package io.vmsnap.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ConsoleLogTest {
  private static String copy(String console) throws Exception {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    ConsoleLog.copy(new ByteArrayInputStream(console.getBytes(StandardCharsets.ISO_8859_1)), log)
        .join();
    return log.toString(StandardCharsets.ISO_8859_1);
  }

  @Test
  void copiesLinesWithoutCarriageReturnsAndEndsTheLast() throws Exception {
    assertThat(copy("one\r\ntwo\n\nlogin: ")).isEqualTo("one\ntwo\n\nlogin: \n");
  }

  @Test
  void keepsBytesThatAreNoText() throws Exception {
    assertThat(copy("\u00ff\u0000\n")).isEqualTo("\u00ff\u0000\n");
  }

  @Test
  void cutsALineWithoutEnd() throws Exception {
    String copied = copy("x".repeat(2 * ConsoleLog.MAX_LINE_BYTES + 1));
    assertThat(copied.lines().map(String::length))
        .containsExactly(ConsoleLog.MAX_LINE_BYTES, ConsoleLog.MAX_LINE_BYTES, 1);
  }

  @Test
  void anEmptyConsoleLeavesNothing() throws Exception {
    assertThat(copy("")).isEmpty();
  }
}
