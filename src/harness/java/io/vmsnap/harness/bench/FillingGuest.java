package io.vmsnap.harness.bench;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * A guest of one sector that gives every page of the lower half of its RAM a content of its own,
 * prints {@value #DONE} on its serial port, and then idles. It boots within a second whatever the
 * size of the RAM, and its memory cannot be saved as zeros.
 */
final class FillingGuest {
  static final String DONE = "F";
  private static final int DISK_BYTES = 16 << 20;

  /** Where the second loop's end stands in the code. */
  private static final int LIMIT_OFFSET = 0x76;

  /** RAM above 2 GiB lies beyond the hole for devices. */
  private static final long MAX_LIMIT = 0x7fe0_0000L;

  /**
   * {@code cli}; flat 32-bit segments; {@code edi = 2 MiB}; {@code do [edi] = edi, edi += 4096
   * while edi < limit}; {@code out 0x3f8, "F\n"}; {@code hlt} for ever.
   */
  private static final byte[] CODE =
      HexFormat.of()
          .parseHex(
              "fa31c08ed88ed0660f0116707ce4920c02e6920f20c06683c8010f22c066ea25"
                  + "7c0000080066b810008ed8bf00002000893f81c7001000003b3d767c000072f0"
                  + "66baf803b046eeb00aeeff05007e0000f4ebf78d742600900000000000000000"
                  + "ffff0000009acf00ffff00000092cf001700587c000000000008");

  private FillingGuest() {}

  /** Makes the disk from which it boots. */
  static void write(Path disk, long ramBytes) throws IOException {
    ByteBuffer sector = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    sector.put(CODE);
    sector.putInt(LIMIT_OFFSET, (int) Math.min(ramBytes / 2, MAX_LIMIT));
    sector.putShort(510, (short) 0xaa55);
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(DISK_BYTES);
      file.write(sector.array());
    }
  }
}
