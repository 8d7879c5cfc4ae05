package io.vmsnap.harness.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class GuestRecordsTest {
  private final ByteArrayOutputStream records = new ByteArrayOutputStream();
  private final byte[] blocks = new byte[GuestRecords.BLOCKS * GuestRecords.BLOCK_BYTES];
  private long checksum;
  private int number;
  private long uptime;

  @Test
  void acceptsWhatTheWriterWrites() throws IOException {
    write(7, 1023, 7, 0);

    assertThat(parse().count()).isEqualTo(4);
  }

  @Test
  void newestBlockMayBeOneAhead() throws IOException {
    write(7, 8);
    fill(7, 3);

    assertThat(parse().count()).isEqualTo(2);
  }

  /** The guest died between the block and its record, and chose another block when it was back. */
  @Test
  void blockOfARecordThatAPowerCutLostMayStay() throws IOException {
    uptime = 500;
    write(7, 8);
    fill(7, 3);
    uptime = 400;
    write(9, 10);

    assertThat(parse().count()).isEqualTo(4);

    fill(7, 4);
    assertThatThrownBy(this::parse).hasMessageContaining("block 7, last written by record 1 of 4");
  }

  @Test
  void seesALostBlock() {
    write(7, 8, 7);
    fill(7, 1);

    assertThatThrownBy(this::parse).hasMessageContaining("block 7, last written by record 3 of 3");
  }

  @Test
  void seesATornBlock() {
    write(7, 8);
    Arrays.fill(blocks, 8 * 4096 + 2048, 9 * 4096, (byte) 0);

    assertThatThrownBy(this::parse).hasMessageContaining("block 8");
  }

  @Test
  void seesALostRecord() throws IOException {
    write(1, 2, 3);
    byte[] bytes = records.toByteArray();
    Arrays.fill(bytes, 64, 128, (byte) 0);

    assertThatThrownBy(() -> GuestRecords.parse(bytes, blocks)).hasMessageContaining("record 2");
  }

  @Test
  void seesAChangedRecord() {
    write(1, 2, 3);
    byte[] bytes = records.toByteArray();
    bytes[64 + 25] = '9';

    assertThatThrownBy(() -> GuestRecords.parse(bytes, blocks))
        .hasMessageContaining("checksum of record 2");
  }

  @Test
  void prefixesAreTheSameHistory() throws IOException {
    write(1, 2);
    GuestRecords early = parse();
    write(3);
    GuestRecords late = parse();
    number = 0;
    checksum = 0;
    records.reset();
    write(2, 1, 3);
    GuestRecords other = parse();

    assertThat(early.isPrefixOf(late)).isTrue();
    assertThat(late.isPrefixOf(early)).isFalse();
    assertThat(early.isPrefixOf(other)).isFalse();
  }

  private GuestRecords parse() throws IOException {
    return GuestRecords.parse(records.toByteArray(), blocks);
  }

  private void write(int... chosen) {
    for (int block : chosen) {
      number++;
      fill(block, number);
      checksum = (checksum * 31 + number * 7919L + block * 104729L + 12345) & 0x7fffffff;
      records.writeBytes(
          "%010d %010d %04d %010d..........................\n"
              .formatted(number, uptime, block, checksum)
              .getBytes(StandardCharsets.US_ASCII));
    }
  }

  private void fill(int block, int record) {
    byte[] content =
        "n=%010d b=%04d............\n"
            .formatted(record, block)
            .repeat(128)
            .getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(content, 0, blocks, block * 4096, 4096);
  }
}
