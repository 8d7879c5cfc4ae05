package io.vmsnap.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.storage.StorageFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** Content for tests: made from a seed, and compared byte by byte. */
public final class DiskContent {
  private static final int WINDOW = 4 << 20;

  private DiskContent() {}

  /** A sparse raw file with some clusters of noise and text of odd lengths at odd places. */
  public static Path sparse(Path file, long size, int pieces, long seed) throws IOException {
    Random random = new Random(seed);
    try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
      raw.setLength(size);
      for (int i = 0; i < pieces; i++) {
        byte[] piece = piece(random);
        long sector = random.nextLong(Math.max(1, (size - piece.length) / 512));
        raw.seek(sector * 512);
        raw.write(piece);
      }
      raw.seek(size - 512);
      raw.write(piece(random), 0, 512);
    }
    return file;
  }

  private static byte[] piece(Random random) {
    byte[] piece = new byte[512 * random.nextInt(1, 300)];
    random.nextBytes(piece);
    if (random.nextBoolean()) {
      java.util.Arrays.fill(piece, 100, piece.length - 100, (byte) 'x');
    }
    return piece;
  }

  /** Checks reads and runs of a whole disk against a raw file. */
  public static void assertSame(VirtualDisk disk, Path raw) throws IOException {
    assertThat(disk.capacity()).isEqualTo(Files.size(raw));
    try (RandomAccessFile expected = new RandomAccessFile(raw.toFile(), "r")) {
      for (long at = 0; at < disk.capacity(); at += WINDOW) {
        int length = (int) Math.min(WINDOW, disk.capacity() - at);
        byte[] want = new byte[length];
        expected.seek(at);
        expected.readFully(want);
        assertSame(disk, at, want);
      }
    }
  }

  public static void assertSame(VirtualDisk disk, long at, byte[] want) throws IOException {
    byte[] whole = new byte[want.length];
    disk.read(ByteBuffer.wrap(whole), at);
    int mismatch = java.util.Arrays.mismatch(want, whole);
    assertThat(mismatch).as("first wrong byte after %d of %s", at, disk.name()).isEqualTo(-1);
    byte[] byRuns = new byte[want.length];
    List<DiskRun> runs = disk.runs(at, want.length);
    long next = at;
    for (DiskRun run : runs) {
      assertThat(run.start()).isEqualTo(next);
      next = run.end();
      if (run.content() == DiskRun.Content.DATA) {
        disk.read(
            ByteBuffer.wrap(byRuns, (int) (run.start() - at), (int) run.length()), run.start());
      }
    }
    assertThat(next).isEqualTo(at + want.length);
    assertThat(java.util.Arrays.mismatch(want, byRuns)).as("by runs after %d", at).isEqualTo(-1);
  }

  /** Reads at random places. */
  public static void assertSameAtRandom(VirtualDisk disk, Path raw, int reads, long seed)
      throws IOException {
    Random random = new Random(seed);
    try (RandomAccessFile expected = new RandomAccessFile(raw.toFile(), "r")) {
      for (int i = 0; i < reads; i++) {
        int length = random.nextInt(1, 200_000);
        long at = random.nextLong(disk.capacity() - length);
        byte[] want = new byte[length];
        expected.seek(at);
        expected.readFully(want);
        assertSame(disk, at, want);
      }
    }
  }

  /** The content of a storage file. */
  public static byte[] bytes(StorageFile file) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate((int) file.size());
    file.readFully(bytes, 0);
    return bytes.array();
  }
}
