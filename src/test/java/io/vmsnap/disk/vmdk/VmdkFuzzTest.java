package io.vmsnap.disk.vmdk;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.DiskException;
import io.vmsnap.disk.LayeredDisk;
import io.vmsnap.disk.copy.CopyProgress;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.UnsafeNameException;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Mutates valid files of every format and reads them: an answer or an error that names the file,
 * never a crash, a loop or memory by an untrusted length.
 */
class VmdkFuzzTest {
  private static final int ROUNDS = 2_000;
  private static final int SECTORS = 2_000;

  /** Numbers that break arithmetic. */
  private static final long[] EVIL = {
    0, 1, -1, 0x7fffffffL, 0x80000000L, 0xffffffffL, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 55
  };

  @ParameterizedTest
  @ValueSource(strings = {"KDMV", "STREAM", "COWD", "SE"})
  void everyMutationIsReadOrRefused(String kind) throws IOException {
    Map<String, byte[]> files = valid(kind);
    String victim =
        files.keySet().stream().filter(n -> !n.equals("web.vmdk")).findFirst().orElse("web.vmdk");
    Random random = new Random(kind.hashCode());
    Assertions.assertTimeout(
        Duration.ofSeconds(120),
        () -> {
          for (int round = 0; round < ROUNDS; round++) {
            byte[] mutated = mutate(files.get(victim), random);
            MemoryStorage storage = new MemoryStorage();
            for (var file : files.entrySet()) {
              storage.with(file.getKey(), file.getKey().equals(victim) ? mutated : file.getValue());
            }
            read(storage, kind + ", round " + round);
          }
        });
  }

  private static void read(MemoryStorage storage, String what) {
    try (LayeredDisk disk = VmdkChain.open(storage, "web.vmdk")) {
      long length = Math.min(disk.capacity(), 2 << 20);
      if (length > 0) {
        disk.runs(0, length);
        disk.read(ByteBuffer.allocate((int) length), 0);
        long end = disk.capacity() - Math.min(disk.capacity(), 4096);
        disk.read(ByteBuffer.allocate((int) (disk.capacity() - end)), end);
      }
    } catch (DiskException | UnsafeNameException e) {
      assertThat(e).as(what).hasMessageContaining("web");
    } catch (NoSuchFileException | FileNotFoundException e) {
      // the mutation hit a file name
    } catch (IOException | RuntimeException e) {
      throw new AssertionError(what, e);
    }
  }

  private static byte[] mutate(byte[] valid, Random random) {
    byte[] mutated = valid.clone();
    ByteBuffer bytes = ByteBuffer.wrap(mutated).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    for (int i = random.nextInt(1, 4); i > 0; i--) {
      // mostly headers and tables: the start, and 4-byte fields
      int range = random.nextBoolean() ? Math.min(512, mutated.length) : mutated.length;
      int at = random.nextInt(range - 8) / 4 * 4;
      switch (random.nextInt(4)) {
        case 0 -> mutated[at] = (byte) random.nextInt();
        case 1 -> bytes.putInt(at, (int) EVIL[random.nextInt(EVIL.length)]);
        case 2 -> bytes.putLong(at, EVIL[random.nextInt(EVIL.length)]);
        default -> bytes.putInt(at, random.nextInt(mutated.length / 256));
      }
    }
    return random.nextInt(8) == 0
        ? java.util.Arrays.copyOf(mutated, random.nextInt(mutated.length))
        : mutated;
  }

  private static Map<String, byte[]> valid(String kind) throws IOException {
    Random random = new Random(1);
    TreeMap<Long, byte[]> grains = new TreeMap<>();
    int grain = kind.equals("KDMV") ? 16 : 8;
    for (long g : new long[] {0, 3, 7, 50, 51, 100}) {
      byte[] content = new byte[g == 7 && !kind.equals("COWD") ? 0 : grain * 512];
      random.nextBytes(content);
      grains.put(g, content);
    }
    String line = "RW " + SECTORS + " ";
    Map<String, byte[]> files = new TreeMap<>();
    switch (kind) {
      case "KDMV" ->
          files.put(
              "web.vmdk",
              HandMade.kdmv(
                  SECTORS,
                  grain,
                  grains,
                  HandMade.descriptor(
                      "monolithicSparse", "1", "ffffffff", null, line + "SPARSE \"web.vmdk\"")));
      case "STREAM" -> files.put("web.vmdk", stream(grains));
      case "COWD" -> {
        files.put("web-delta.vmdk", HandMade.cowd(SECTORS, grain, grains, 1));
        files.put(
            "web.vmdk",
            HandMade.descriptor(
                    "vmfsSparse", "1", "ffffffff", null, line + "VMFSSPARSE \"web-delta.vmdk\"")
                .getBytes(StandardCharsets.UTF_8));
      }
      default -> {
        files.put("web-sesparse.vmdk", HandMade.seSparse(SECTORS, grains, 1));
        files.put(
            "web.vmdk",
            HandMade.descriptor(
                    "seSparse", "1", "ffffffff", null, line + "SESPARSE \"web-sesparse.vmdk\"")
                .getBytes(StandardCharsets.UTF_8));
      }
    }
    return files;
  }

  private static byte[] stream(TreeMap<Long, byte[]> grains) throws IOException {
    MemoryStorage storage = new MemoryStorage();
    storage.with("c-delta.vmdk", HandMade.cowd(SECTORS, 8, grains, 1));
    storage.with(
        "c.vmdk",
        HandMade.descriptor(
                "vmfsSparse",
                "1",
                "ffffffff",
                null,
                "RW " + SECTORS + " VMFSSPARSE \"c-delta.vmdk\"")
            .getBytes(StandardCharsets.UTF_8));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (LayeredDisk disk = VmdkChain.open(storage, "c.vmdk")) {
      StreamOptimizedWriter.write(
          disk,
          Channels.newChannel(out),
          ExportIdentity.of("web.vmdk", new ContentId(1), Map.of()),
          6,
          CopyProgress.SILENT);
    }
    return out.toByteArray();
  }
}
