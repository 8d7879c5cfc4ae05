package io.vmsnap.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Mutates valid files of every format: each is read, or refused with an error that names the file;
 * no crash, no circle ({@link FuzzedDirectory} counts), no memory that the file asked for. {@code
 * -Dvmsnap.seed} and {@code -Dvmsnap.fuzz.rounds} look further than the build does.
 */
class FormatMutationTest {
  private static final int ROUNDS = Integer.getInteger("vmsnap.fuzz.rounds", 1_500);
  private static final long SEED = Long.getLong("vmsnap.seed", 7);

  /** The readers' caches and the test's own buffers take some MiB of it. */
  private static final long MAX_MEMORY = 192L << 20;

  /** Numbers that break arithmetic. */
  private static final long[] EVIL = {
    0, 1, -1, 0x7fffffffL, 0x80000000L, 0xffffffffL, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 55
  };

  /** Words that mean something to one of the texts. */
  private static final List<String> WORDS =
      List.of(
          "\"",
          "|22",
          "=",
          "\n",
          "\r\n",
          "#",
          "null",
          "{",
          "[",
          "}",
          ",",
          "-1",
          "1e999999999",
          "99999999999999999999",
          "RW ",
          "ZERO",
          "parentCID=",
          "encoding=\"UTF-16\"",
          "\uFEFF",
          "snapshot0.",
          "snapshot.numSnapshots = \"1000000000\"\n",
          "../",
          "/",
          "İ");

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @ParameterizedTest
  @EnumSource(Format.class)
  void everyMutationIsReadOrRefused(Format format) throws IOException {
    List<byte[]> seeds = format.seeds();
    for (byte[] seed : seeds) {
      format.readValid(seed);
    }
    Random random = new Random(SEED * 31 + format.name().hashCode());
    for (int round = 0; round < ROUNDS; round++) {
      byte[] content = mutate(seeds.get(random.nextInt(seeds.size())), random);
      check(format, content, "seed " + SEED + ", round " + round);
    }
  }

  /** What the fuzzer has found once, and what people thought of. */
  @Test
  void whatWasFoundOnceIsRefusedForEver() throws Exception {
    URL folder = FormatMutationTest.class.getResource("/FormatMutationTest");
    int found = 0;
    for (Path file : files(folder)) {
      String name = file.getFileName().toString();
      Format format = Format.valueOf(name.substring(0, name.indexOf('.')));
      check(format, Files.readAllBytes(file), name);
      found++;
    }
    assertThat(found).isPositive();
  }

  private static List<Path> files(URL folder) throws URISyntaxException, IOException {
    try (Stream<Path> files = Files.list(Path.of(folder.toURI()))) {
      return files.sorted().toList();
    }
  }

  private static void check(Format format, byte[] content, String what) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    try {
      format.check(content);
    } catch (AssertionError e) {
      throw new AssertionError(format + ", " + what + ", kept in " + keep(format, content), e);
    }
    long taken = THREADS.getCurrentThreadAllocatedBytes() - before;
    if (taken > MAX_MEMORY) {
      throw new AssertionError(
          format
              + ", "
              + what
              + ": "
              + taken
              + " bytes of memory, kept in "
              + keep(format, content));
    }
  }

  private static Path keep(Format format, byte[] content) {
    try {
      Path folder = Files.createDirectories(Path.of("target", "fuzz"));
      return Files.write(folder.resolve(format + ".found"), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] mutate(byte[] valid, Random random) {
    byte[] content = valid.clone();
    for (int i = random.nextInt(1, 5); i > 0; i--) {
      content =
          switch (random.nextInt(6)) {
            case 0 -> cut(content, random);
            case 1 -> insert(content, random);
            case 2 -> repeat(content, random);
            default -> overwrite(content, random);
          };
    }
    return content;
  }

  private static byte[] overwrite(byte[] content, Random random) {
    if (content.length < 16) {
      return content;
    }
    ByteBuffer bytes =
        ByteBuffer.wrap(content)
            .order(random.nextBoolean() ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    // mostly headers and tables: the start, and fields of 4 bytes
    int range = random.nextBoolean() ? Math.min(512, content.length) : content.length;
    int at = random.nextInt(range - 8);
    int field = at / 4 * 4;
    switch (random.nextInt(5)) {
      case 0 -> content[at] = (byte) random.nextInt();
      case 1 -> content[at] = (byte) random.nextInt(32, 127);
      case 2 -> bytes.putInt(field, (int) EVIL[random.nextInt(EVIL.length)]);
      case 3 -> bytes.putLong(field, EVIL[random.nextInt(EVIL.length)]);
      default -> bytes.putInt(field, random.nextInt(Math.max(1, content.length / 256)));
    }
    return content;
  }

  private static byte[] cut(byte[] content, Random random) {
    int from = random.nextInt(content.length + 1);
    return random.nextBoolean()
        ? Arrays.copyOf(content, from)
        : splice(
            content, from, Math.min(content.length, from + random.nextInt(1, 64)), new byte[0]);
  }

  private static byte[] insert(byte[] content, Random random) {
    int at = random.nextInt(content.length + 1);
    String word = WORDS.get(random.nextInt(WORDS.size()));
    return splice(content, at, at, word.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] repeat(byte[] content, Random random) {
    int from = random.nextInt(content.length + 1);
    int to = Math.min(content.length, from + random.nextInt(1, 64));
    byte[] piece = Arrays.copyOfRange(content, from, to);
    byte[] all = new byte[Math.min(1 << random.nextInt(12), 4096) * piece.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = piece[i % piece.length];
    }
    return splice(content, from, from, all);
  }

  private static byte[] splice(byte[] content, int from, int to, byte[] piece) {
    byte[] result = Arrays.copyOf(content, from + piece.length + content.length - to);
    System.arraycopy(piece, 0, result, from, piece.length);
    System.arraycopy(content, to, result, from + piece.length, content.length - to);
    return result;
  }
}
