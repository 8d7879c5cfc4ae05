package io.vmsnap.harness.bench;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * A guest of one sector that fills the lower half of its RAM, prints {@value FillingGuest#DONE},
 * and then a line about every millisecond for ever, so that its host sees when it stands still. It
 * can change pages of its RAM between two lines, going round.
 */
final class TickingGuest {
  private static final int DISK_BYTES = 16 << 20;

  // Where the numbers stand in the code.
  private static final int LIMIT = 0x7c;
  private static final int PAGES = 0x80;
  private static final int SPIN = 0x84;

  /** RAM above 2 GiB lies beyond the hole for devices. */
  private static final long MAX_LIMIT = 0x7fe0_0000L;

  /** Turns of an empty loop between two lines. */
  private static final int SPIN_TURNS = 300_000;

  /**
   * {@code cli}; flat 32-bit segments; {@code edi = 2 MiB}; {@code do [edi] = edi, edi += 4096
   * while edi < limit}; {@code out 0x3f8, "F\n"}; then for ever: {@code inc [edi], edi += 4096} for
   * so many pages, an empty loop, {@code out 0x3f8, "\n"}.
   */
  private static final byte[] CODE =
      HexFormat.of()
          .parseHex(
              "fa31c08ed88ed00f0116a07ce4920c02e6920f20c00c010f22c066ea227c0000"
                  + "080066b810008ed8bf000020008b2d7c7c0000893f81c70010000039ef72f466"
                  + "baf803b046eeb00aeebf000020008b0d807c000085c97414ff0781c700100000"
                  + "39ef7205bf000020004975ec8b0d847c00004975fdb00aeeebd4669000000000"
                  + "00000000000000000000000000000000ffff0000009acf00ffff00000092cf00"
                  + "1700887c0000");

  private TickingGuest() {}

  /**
   * Makes the disk from which it boots.
   *
   * @param pagesPerTick pages that it changes between two lines; 0 for an idle guest
   */
  static void write(Path disk, long ramBytes, int pagesPerTick) throws IOException {
    ByteBuffer sector = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    sector.put(CODE);
    sector.putInt(LIMIT, (int) Math.min(ramBytes / 2, MAX_LIMIT));
    sector.putInt(PAGES, pagesPerTick);
    sector.putInt(SPIN, SPIN_TURNS);
    sector.putShort(510, (short) 0xaa55);
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(DISK_BYTES);
      file.write(sector.array());
    }
  }
}
