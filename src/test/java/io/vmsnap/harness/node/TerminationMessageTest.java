package io.vmsnap.harness.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TerminationMessageTest {
  @TempDir Path directory;
  private Path message;
  private Path log;

  @BeforeEach
  void files() throws Exception {
    message = Files.createFile(directory.resolve("message"));
    log = Files.writeString(directory.resolve("log"), "one\ntwo\n");
  }

  @Test
  void isCutAt4096Bytes() throws Exception {
    Files.writeString(message, "x".repeat(5000));
    assertThat(TerminationMessage.read(message, log, false, 0)).hasSize(4096);
  }

  @Test
  void logsStandInOnlyAfterAFailureAndOnlyIfAskedFor() throws Exception {
    assertThat(TerminationMessage.read(message, log, false, 1)).isNull();
    assertThat(TerminationMessage.read(message, log, true, 0)).isNull();
    assertThat(TerminationMessage.read(message, log, true, 1)).isEqualTo("one\ntwo\n");
    Files.writeString(message, "own words");
    assertThat(TerminationMessage.read(message, log, true, 1)).isEqualTo("own words");
  }

  @Test
  void atMost80LinesAnd2048BytesOfTheLog() throws Exception {
    Files.writeString(log, lines(200, "%d"));
    assertThat(TerminationMessage.read(message, log, true, 1))
        .hasLineCount(80)
        .startsWith("120\n")
        .endsWith("199\n");
    Files.writeString(log, "y".repeat(10_000));
    assertThat(TerminationMessage.read(message, log, true, 1)).hasSize(2048);
  }

  @Test
  void lastLinesOfALargeFile() throws Exception {
    Files.writeString(log, lines(30_000, "line %06d"));
    byte[] all = Files.readAllBytes(log);
    assertThat(LogTail.startOfLastLines(log, 3)).isEqualTo(all.length - 3 * 12);
    assertThat(LogTail.startOfLastLines(log, 20_000)).isEqualTo(all.length - 20_000 * 12);
    assertThat(LogTail.startOfLastLines(log, 0)).isEqualTo(all.length);
    assertThat(LogTail.startOfLastLines(log, 1_000_000)).isZero();
  }

  private static String lines(int count, String format) {
    return IntStream.range(0, count)
        .mapToObj(i -> format.formatted(i) + "\n")
        .collect(Collectors.joining());
  }
}
