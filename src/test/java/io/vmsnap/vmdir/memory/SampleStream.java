package io.vmsnap.vmdir.memory;

import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes the head of a mapped-ram stream as QEMU 10.0 does, field by field. */
public final class SampleStream {
  static final int PAGE = 4096;
  static final int ALIGNMENT = 1 << 20;

  private final ByteBuffer out = ByteBuffer.allocate(1 << 16);
  private final StorageFile file;
  private final long offset;
  private long position;

  SampleStream(StorageFile file, long offset) {
    this.file = file;
    this.offset = offset;
    this.position = offset;
  }

  /** A stream of two blocks: 64 pages of main RAM and 8 of firmware; empty bitmaps. */
  public static void write(StorageFile file, long offset) throws IOException {
    new SampleStream(file, offset)
        .head("pc-q35-10.0", "mapped-ram", 72L * PAGE)
        .block("pc.ram", 64L * PAGE)
        .block("pc.bios", 8L * PAGE)
        .end();
  }

  SampleStream head(String machine, String capability, long total) throws IOException {
    out.putInt(0x5145564d).putInt(3).put((byte) 7);
    out.putInt(machine.length()).put(ascii(machine));
    out.put((byte) 5);
    text("configuration/capabilities");
    out.putInt(1).putInt(1);
    text(capability);
    out.put((byte) 1).putInt(1);
    text("ram");
    out.putInt(0).putInt(4).putLong(total | 4);
    return flush();
  }

  SampleStream block(String name, long length) throws IOException {
    text(name);
    out.putLong(length);
    long bitmapOffset = position + out.position() + 28;
    long bitmapLength = (length / PAGE + 63) / 64 * 8;
    long pagesOffset = (bitmapOffset + bitmapLength + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    out.putInt(1).putLong(PAGE).putLong(bitmapOffset).putLong(pagesOffset);
    flush();
    position = pagesOffset + length;
    file.extendTo(position);
    return this;
  }

  void end() throws IOException {
    text("device state");
    flush();
  }

  static ByteBuffer page(int value) {
    byte[] bytes = new byte[PAGE];
    Arrays.fill(bytes, (byte) value);
    return ByteBuffer.wrap(bytes);
  }

  private SampleStream flush() throws IOException {
    out.flip();
    int length = out.remaining();
    file.write(out, position);
    out.clear();
    position += length;
    return this;
  }

  private void text(String text) {
    out.put((byte) text.length()).put(ascii(text));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
