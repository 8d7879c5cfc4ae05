package io.vmsnap.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class TaskJsonTest {
  @Test
  void smallOutcomeIsPlainJson() throws IOException {
    TaskOutcome outcome = outcome(1);

    String message = TaskJson.writeTerminationMessage(outcome);

    assertThat(message).startsWith("{").contains("\"createTime\":\"2026-01-02T03:04:05Z\"");
    assertThat(TaskJson.readTerminationMessage(message)).isEqualTo(outcome);
  }

  @Test
  void outcomeOfSixtyFourDisksStillFits() throws IOException {
    TaskOutcome outcome = outcome(64);

    String message = TaskJson.writeTerminationMessage(outcome);

    assertThat(message.length()).isLessThanOrEqualTo(TaskJson.MAX_TERMINATION_MESSAGE);
    assertThat(TaskJson.readTerminationMessage(message)).isEqualTo(outcome);
  }

  @Test
  void unknownFieldsOfANewerWriterAreIgnored() throws IOException {
    TaskOutcome read =
        TaskJson.readTerminationMessage(
            "{\"reason\":\"VMBusy\",\"message\":\"m\",\"colour\":\"blue\"}");

    assertThat(read).isEqualTo(new TaskOutcome(TaskReason.VMBusy, "m"));
  }

  @Test
  void momentsAreWrittenToTheirLastDigitAndReadAgain() throws IOException {
    for (String text :
        List.of(
            "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.100Z", "1969-12-31T23:59:59.000001Z")) {
      RunnerStatus.Operation operation =
          new RunnerStatus.Operation("r-1", "create", "check", 0, Instant.parse(text));

      String json = TaskJson.write(operation);

      assertThat(json).contains("\"startTime\":\"" + text + "\"");
      assertThat(TaskJson.read(json, RunnerStatus.Operation.class)).isEqualTo(operation);
    }
    assertThat(TaskJson.read("{\"percent\":1}", RunnerStatus.Operation.class).startTime()).isNull();
    assertThatThrownBy(
            () -> TaskJson.read("{\"startTime\":\"yesterday\"}", RunnerStatus.Operation.class))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("yesterday");
  }

  @Test
  void cutOffMessageIsRefused() {
    String message = TaskJson.writeTerminationMessage(outcome(64));

    assertThatThrownBy(
            () -> TaskJson.readTerminationMessage(message.substring(0, message.length() / 2)))
        .isInstanceOf(IOException.class);
  }

  @Test
  void compressionBombIsRefused() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(" ".repeat(2 << 20).getBytes(StandardCharsets.UTF_8));
    }
    String bomb = "gzip:" + Base64.getEncoder().encodeToString(bytes.toByteArray());

    assertThatThrownBy(() -> TaskJson.readTerminationMessage(bomb))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("unpacks to more than");
  }

  private static TaskOutcome outcome(int disks) {
    List<SnapshotResult.DiskResult> results =
        IntStream.range(0, disks)
            .mapToObj(
                i ->
                    new SnapshotResult.DiskResult(
                        "scsi0:" + i,
                        "disk" + i,
                        "web_" + i + ".vmdk",
                        "web_" + i + "-000001.vmdk",
                        1L << 40,
                        123456789L * i,
                        "0123abcd",
                        "ffffffff"))
            .toList();
    Instant time = Instant.parse("2026-01-02T03:04:05Z");
    SnapshotResult result =
        new SnapshotResult(
            1,
            null,
            "PoweredOn",
            "Crash",
            "web-Snapshot1.vmsn",
            results,
            new SnapshotResult.StorageResult(1, 2, 3),
            new SnapshotResult.Timing(null, 12.5, 340.0),
            time,
            time);
    return TaskOutcome.completed("done", result);
  }
}
