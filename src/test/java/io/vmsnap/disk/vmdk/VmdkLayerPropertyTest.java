package io.vmsnap.disk.vmdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.DiskContent;
import io.vmsnap.disk.LayeredDisk;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.UnsafeNameException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Random layers in every format that nobody here can write, against a byte array. */
class VmdkLayerPropertyTest {
  private static final int SECTORS = 40_000 + 3;

  @ParameterizedTest
  @CsvSource({"COWD1, 1", "COWD1, 2", "COWD8, 3", "KDMV, 4", "KDMV, 5", "SE, 6", "SE, 7"})
  void chainsReadAsTheModel(String kind, long seed) throws IOException {
    Random random = new Random(seed);
    byte[] model = new byte[SECTORS * 512];
    random.nextBytes(model);
    MemoryStorage storage = new MemoryStorage();
    put(storage, "web-flat.vmdk", model);
    put(
        storage,
        "web.vmdk",
        HandMade.descriptor(
            "vmfs", "1", "ffffffff", null, "RW " + SECTORS + " VMFS \"web-flat.vmdk\""));

    String top = "web.vmdk";
    for (int depth = 1; depth <= 3; depth++) {
      top = addLayer(storage, kind, depth, model, random);
    }

    try (LayeredDisk disk = VmdkChain.open(storage, top)) {
      assertThat(disk.capacity()).isEqualTo(model.length);
      DiskContent.assertSame(disk, 0, model);
      for (int i = 0; i < 100; i++) {
        int at = random.nextInt(model.length);
        int length = random.nextInt(1, Math.min(100_000, model.length - at) + 1);
        DiskContent.assertSame(disk, at, java.util.Arrays.copyOfRange(model, at, at + length));
      }
    }
  }

  /** Writes a layer over the model and changes the model likewise. */
  private static String addLayer(
      MemoryStorage storage, String kind, int depth, byte[] model, Random random)
      throws IOException {
    int grain =
        switch (kind) {
          case "COWD1" -> 1;
          case "KDMV" -> 16;
          default -> 8;
        };
    boolean zeros = !kind.startsWith("COWD");
    SortedMap<Long, byte[]> grains = new TreeMap<>();
    int count = (SECTORS + grain - 1) / grain;
    for (int i = 0; i < 300; i++) {
      long number = random.nextInt(count);
      byte[] content = new byte[zeros && random.nextInt(4) == 0 ? 0 : grain * 512];
      random.nextBytes(content);
      grains.put(number, content);
    }
    grains.forEach(
        (number, content) -> {
          int at = (int) (number * grain * 512);
          int length = Math.min(grain * 512, model.length - at);
          byte[] whole = content.length == 0 ? new byte[grain * 512] : content;
          System.arraycopy(whole, 0, model, at, length);
        });
    String stem = String.format("web-%06d", depth);
    String parent = depth == 1 ? "web.vmdk" : String.format("web-%06d.vmdk", depth - 1);
    String cid = Integer.toString(depth + 1);
    String parentCid = Integer.toString(depth);
    String line = "RW " + SECTORS + " ";
    switch (kind) {
      case "KDMV" -> {
        line += "SPARSE \"" + stem + ".vmdk\"";
        String text = HandMade.descriptor("monolithicSparse", cid, parentCid, parent, line);
        put(storage, stem + ".vmdk", HandMade.kdmv(SECTORS, grain, grains, text));
      }
      case "SE" -> {
        line += "SESPARSE \"" + stem + "-sesparse.vmdk\"";
        put(storage, stem + ".vmdk", HandMade.descriptor("seSparse", cid, parentCid, parent, line));
        put(storage, stem + "-sesparse.vmdk", HandMade.seSparse(SECTORS, grains, depth));
      }
      default -> {
        line += "VMFSSPARSE \"" + stem + "-delta.vmdk\"";
        put(
            storage,
            stem + ".vmdk",
            HandMade.descriptor("vmfsSparse", cid, parentCid, parent, line));
        put(storage, stem + "-delta.vmdk", HandMade.cowd(SECTORS, grain, grains, depth));
      }
    }
    return stem + ".vmdk";
  }

  @Test
  void theRedundantTablesStandInForDamagedOnes() throws IOException {
    SortedMap<Long, byte[]> grains = new TreeMap<>();
    byte[] content = new byte[8192];
    new Random(9).nextBytes(content);
    grains.put(3L, content);
    String text =
        HandMade.descriptor("monolithicSparse", "1", "ffffffff", null, "RW 1024 SPARSE \"d.vmdk\"");
    byte[] image = HandMade.kdmv(1024, 16, grains, text);
    ByteBuffer bytes = ByteBuffer.wrap(image).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    int primary = (int) bytes.getLong(56);
    bytes.putInt(primary * 512, 0x7fffffff); // the directory points beyond the file
    MemoryStorage storage = new MemoryStorage();
    put(storage, "d.vmdk", image);

    try (LayeredDisk disk = VmdkChain.open(storage, "d.vmdk")) {
      DiskContent.assertSame(disk, 3 * 8192, content);
    }

    bytes.putInt((int) bytes.getLong(48) * 512, 0x7ffffffe); // and so does the other
    put(storage, "d.vmdk", image);
    try (LayeredDisk disk = VmdkChain.open(storage, "d.vmdk")) {
      assertThatThrownBy(() -> disk.runs(0, 512))
          .isInstanceOf(CorruptDiskException.class)
          .hasMessageContaining("d.vmdk: offset ")
          .hasMessageContaining("beyond the file's end");
    }
  }

  @Test
  void afterAnUncleanShutdownAGrainThatOneTableKnowsCounts() throws IOException {
    SortedMap<Long, byte[]> grains = new TreeMap<>();
    byte[] content = new byte[8192];
    java.util.Arrays.fill(content, (byte) 5);
    grains.put(3L, content);
    String text =
        HandMade.descriptor("monolithicSparse", "1", "ffffffff", null, "RW 1024 SPARSE \"d.vmdk\"");
    byte[] image = HandMade.kdmv(1024, 16, grains, text);
    ByteBuffer bytes = ByteBuffer.wrap(image).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    int primaryTable = bytes.getInt((int) bytes.getLong(56) * 512);
    bytes.putInt(primaryTable * 512 + 3 * 4, 0);
    MemoryStorage storage = new MemoryStorage();
    put(storage, "d.vmdk", image);
    try (LayeredDisk disk = VmdkChain.open(storage, "d.vmdk")) {
      DiskContent.assertSame(disk, 3 * 8192, new byte[8192]);
    }

    bytes.put(72, (byte) 1);
    put(storage, "d.vmdk", image);

    try (LayeredDisk disk = VmdkChain.open(storage, "d.vmdk")) {
      DiskContent.assertSame(disk, 3 * 8192, content);
    }
  }

  @Test
  void severalExtentsWithAZeroExtent() throws IOException {
    MemoryStorage storage = new MemoryStorage();
    byte[] flat = new byte[10 * 512];
    new Random(1).nextBytes(flat);
    put(storage, "f001.vmdk", flat);
    put(
        storage,
        "d.vmdk",
        HandMade.descriptor(
            "custom",
            "1",
            "ffffffff",
            null,
            "RW 4 FLAT \"f001.vmdk\" 6",
            "RW 3 ZERO",
            "RW 6 FLAT \"f001.vmdk\" 0"));
    byte[] expected = new byte[13 * 512];
    System.arraycopy(flat, 6 * 512, expected, 0, 4 * 512);
    System.arraycopy(flat, 0, expected, 7 * 512, 6 * 512);

    try (LayeredDisk disk = VmdkChain.open(storage, "d.vmdk")) {
      DiskContent.assertSame(disk, 0, expected);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/etc/passwd", "../x.vmdk", "a/../../x.vmdk", "C:\\\\x.vmdk", "[ds] x"})
  void extentsNeverLeaveTheDirectory(String file) throws IOException {
    MemoryStorage storage = new MemoryStorage();
    put(
        storage,
        "d.vmdk",
        HandMade.descriptor("vmfs", "1", "ffffffff", null, "RW 8 VMFS \"" + file + "\""));

    assertThatThrownBy(() -> VmdkChain.open(storage, "d.vmdk"))
        .isInstanceOf(UnsafeNameException.class);
  }

  @Test
  void parentsAreFoundByAbsoluteHintsOfADirectoryThatWasMoved() throws IOException {
    MemoryStorage storage = new MemoryStorage();
    put(storage, "web-flat.vmdk", new byte[8 * 512]);
    put(
        storage,
        "web.vmdk",
        HandMade.descriptor("vmfs", "1", "ffffffff", null, "RW 8 VMFS \"web-flat.vmdk\""));
    put(storage, "c-delta.vmdk", HandMade.cowd(8, 1, new TreeMap<>(), 1));
    for (String hint : new String[] {"/vmfs/volumes/ds/web/web.vmdk", "C:\\VMs\\web\\web.vmdk"}) {
      put(
          storage,
          "c.vmdk",
          HandMade.descriptor("vmfsSparse", "2", "1", hint, "RW 8 VMFSSPARSE \"c-delta.vmdk\""));

      assertThat(VmdkChain.names(storage, "c.vmdk")).containsExactly("c.vmdk", "web.vmdk");
    }
  }

  @Test
  void aChainThatBitesItsTailEnds() throws IOException {
    MemoryStorage storage = new MemoryStorage();
    put(storage, "a.vmdk", HandMade.descriptor("vmfs", "1", "1", "a.vmdk", "RW 8 ZERO"));

    assertThatThrownBy(() -> VmdkChain.names(storage, "a.vmdk"))
        .isInstanceOf(CorruptDiskException.class)
        .hasMessageContaining("its own ancestor");
  }

  private static void put(MemoryStorage storage, String name, String text) throws IOException {
    put(storage, name, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void put(MemoryStorage storage, String name, byte[] content) throws IOException {
    storage.with(name, content);
  }
}
