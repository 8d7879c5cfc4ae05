package io.vmsnap.vmdir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.storage.MemoryStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class VmsnFileTest {
  private static final byte[] VMX = "displayName = \"web\"\n".getBytes(StandardCharsets.UTF_8);
  private static final VmsnFile STATE =
      new VmsnFile(
          UUID.fromString("564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7"),
          7,
          Instant.parse("2026-01-02T03:04:05.678901Z"),
          PowerState.PoweredOn,
          VMX);

  @Test
  void whatIsWrittenIsRead() throws Exception {
    VmsnFile read = read(STATE.toBytes());

    assertThat(read).usingRecursiveComparison().isEqualTo(STATE);
  }

  @Test
  void layoutIsTheDocumentedOne() {
    ByteBuffer file = ByteBuffer.wrap(STATE.toBytes()).order(ByteOrder.LITTLE_ENDIAN);

    assertThat(file.capacity()).isEqualTo(4096 + VMX.length);
    assertThat(new String(file.array(), 0, 8, StandardCharsets.US_ASCII)).isEqualTo("VMSNAPST");
    assertThat(file.getInt(8)).isEqualTo(1);
    assertThat(file.getInt(12)).isEqualTo(4096);
    assertThat(file.get(16)).isEqualTo((byte) 0x56);
    assertThat(file.getLong(32)).isEqualTo(7);
    assertThat(file.getInt(48)).isEqualTo(1);
    assertThat(file.getInt(52)).isEqualTo(1);
    assertThat(file.getInt(64)).isEqualTo(1);
    assertThat(file.getLong(72)).isEqualTo(4096);
    assertThat(file.getLong(80)).isEqualTo(VMX.length);
  }

  @Test
  void everyChangedByteIsNoticed() throws Exception {
    byte[] good = STATE.toBytes();
    for (int i = 0; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 0x10;
      int position = i;

      assertThatThrownBy(() -> read(bad))
          .as("byte %d", position)
          .isInstanceOf(DamagedFileException.class)
          .hasMessageStartingWith("web-Snapshot7.vmsn: ");
    }
  }

  @Test
  void everyCutIsNoticed() {
    byte[] good = STATE.toBytes();
    for (int length : new int[] {0, 1, 8, 64, 4095, 4096, good.length - 1}) {
      assertThatThrownBy(() -> read(Arrays.copyOf(good, length)))
          .isInstanceOf(DamagedFileException.class);
    }
  }

  @Test
  void newerVersionIsNamedAsSuch() {
    byte[] newer = STATE.toBytes();
    newer[8] = 2;

    assertThatThrownBy(() -> read(newer))
        .isInstanceOf(TooNewException.class)
        .hasMessageContaining("version 2");
  }

  @Test
  void requiredSectionThatIsNotKnownIsRefused() {
    byte[] foreign = STATE.toBytes();
    ByteBuffer file = ByteBuffer.wrap(foreign).order(ByteOrder.LITTLE_ENDIAN);
    file.putInt(64, 99);
    file.putInt(4092, VmsnFile.checksum(foreign, 0, 4092));

    assertThatThrownBy(() -> read(foreign)).hasMessageContaining("section kind 99");
  }

  @Test
  void sizesOfAHostileTableAreNotAllocated() {
    for (long length : new long[] {-1, Long.MAX_VALUE, 1L << 31, VMX.length + 1}) {
      byte[] hostile = STATE.toBytes();
      ByteBuffer file = ByteBuffer.wrap(hostile).order(ByteOrder.LITTLE_ENDIAN);
      file.putLong(80, length);
      file.putInt(4092, VmsnFile.checksum(hostile, 0, 4092));

      assertThatThrownBy(() -> read(hostile)).isInstanceOf(DamagedFileException.class);
    }
  }

  private static VmsnFile read(byte[] bytes) throws IOException {
    return VmsnFile.read(
        new MemoryStorage().with("web-Snapshot7.vmsn", bytes), "web-Snapshot7.vmsn");
  }
}
