package io.vmsnap.disk.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.VirtualDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** A disk as a byte array, which cannot be wrong. */
public final class DiskModel {
  private final byte[] bytes;

  public DiskModel(int capacity) {
    bytes = new byte[capacity];
  }

  private DiskModel(byte[] bytes) {
    this.bytes = bytes;
  }

  public DiskModel copy() {
    return new DiskModel(bytes.clone());
  }

  public void fill(int from, int length, int value) {
    Arrays.fill(bytes, from, from + length, (byte) value);
  }

  public void put(int from, byte[] content) {
    System.arraycopy(content, 0, bytes, from, content.length);
  }

  /** The disk has these bytes, read at once and by its runs. */
  public void assertSame(String what, VirtualDisk disk) throws IOException {
    assertThat(disk.capacity()).as(what).isEqualTo(bytes.length);
    ByteBuffer read = ByteBuffer.allocate(bytes.length);
    disk.read(read, 0);
    assertThat(Arrays.mismatch(read.array(), bytes)).as(what + ": first difference").isEqualTo(-1);
    long at = 0;
    for (DiskRun run : disk.runs(0, bytes.length)) {
      assertThat(run.start()).as(what + ": runs without gaps").isEqualTo(at);
      at = run.end();
      if (run.content() != DiskRun.Content.DATA) {
        assertThat(zero((int) run.start(), (int) run.end())).as(what + ": " + run).isTrue();
      }
    }
    assertThat(at).as(what + ": runs cover the disk").isEqualTo(bytes.length);
  }

  public void assertBytes(String what, byte[] read) {
    assertThat(read.length).as(what).isEqualTo(bytes.length);
    assertThat(Arrays.mismatch(read, bytes)).as(what + ": first difference").isEqualTo(-1);
  }

  private boolean zero(int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }
}
