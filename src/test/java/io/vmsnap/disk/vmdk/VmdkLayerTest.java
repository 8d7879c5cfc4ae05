package io.vmsnap.disk.vmdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.disk.DiskContent;
import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.DiskRun.Content;
import io.vmsnap.disk.LayeredDisk;
import io.vmsnap.disk.UnsupportedDiskException;
import io.vmsnap.storage.MemoryStorage;
import java.io.IOException;
import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What descriptors may say of a layer, beyond the formats of its extents. */
class VmdkLayerTest {
  private static final int SECTORS = 2048;

  private final MemoryStorage storage = new MemoryStorage();
  private final byte[] noise = new byte[SECTORS * 512];

  VmdkLayerTest() {
    new Random(3).nextBytes(noise);
  }

  /** A sparse delta in pieces, one of which is ZERO: it hides the parent, as NOACCESS does. */
  @Test
  void sparsePiecesOverAParent() throws IOException {
    base("web.vmdk", "");
    SortedMap<Long, byte[]> grains = new TreeMap<>();
    byte[] grain = new byte[8192];
    Arrays.fill(grain, (byte) 9);
    grains.put(2L, grain);
    storage.with("web-000001-s001.vmdk", HandMade.kdmv(1024, 16, grains, null));
    storage.with("web-000001-s003.vmdk", HandMade.kdmv(512, 16, new TreeMap<>(), null));
    storage.with(
        "web-000001.vmdk",
        HandMade.descriptor(
            "twoGbMaxExtentSparse",
            "2",
            "1",
            "web.vmdk",
            "RW 1024 SPARSE \"web-000001-s001.vmdk\"",
            "RW 256 ZERO",
            "NOACCESS 256 SPARSE \"web-000001-s002.vmdk\"",
            "RW 512 SPARSE \"web-000001-s003.vmdk\""));
    byte[] expected = noise.clone();
    System.arraycopy(grain, 0, expected, 2 * 8192, 8192);
    Arrays.fill(expected, 1024 * 512, 1536 * 512, (byte) 0);

    assertShows("web-000001.vmdk", expected);
  }

  /** On ESXi a thin disk is a flat one whose file has holes; the disk data base tells. */
  @ParameterizedTest
  @CsvSource({"vmfs, VMFS", "vmfsThin, VMFS", "vmfsPreallocated, VMFS", "monolithicFlat, FLAT"})
  void flatDisksWithHoles(String createType, String word) throws IOException {
    storage.with("web-flat.vmdk", new byte[0]);
    try (var file = storage.open("web-flat.vmdk", io.vmsnap.storage.OpenMode.READ_WRITE)) {
      file.extendTo(SECTORS * 512L);
      file.write(java.nio.ByteBuffer.wrap(noise, 0, 8192), 64 << 10);
    }
    String line = "RW " + SECTORS + " " + word + " \"web-flat.vmdk\"";
    String text = HandMade.descriptor(createType, "1", "ffffffff", null, line);
    storage.with("web.vmdk", text + "ddb.thinProvisioned = \"1\"\n");
    byte[] expected = new byte[SECTORS * 512];
    System.arraycopy(noise, 0, expected, 64 << 10, 8192);

    assertShows("web.vmdk", expected);
    try (VmdkLayer layer = VmdkLayer.open(storage, "web.vmdk")) {
      assertThat(layer.runs(0, expected.length))
          .extracting(DiskRun::content)
          .as("holes need no reading")
          .containsExactly(Content.ZERO, Content.DATA, Content.ZERO);
    }
  }

  /** The file need not be there, and it is no extent. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void changeTrackingDoesNotDisturb(boolean present) throws IOException {
    base("web.vmdk", "# Change Tracking File\nchangeTrackPath=\"web-ctk.vmdk\"\n");
    if (present) {
      storage.with("web-ctk.vmdk", "\u0001\u0002 not for us");
    }

    assertShows("web.vmdk", noise);
    try (VmdkLayer layer = VmdkLayer.open(storage, "web.vmdk")) {
      assertThat(layer.descriptor().changeTrackPath()).contains("web-ctk.vmdk");
      assertThat(layer.files()).containsExactly("web-flat.vmdk", "web.vmdk");
    }
  }

  /** Absolute into this directory, relative through another folder, upwards and down again. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/memory/parents/web.vmdk",
        "/memory/./x/../parents/web.vmdk",
        "parents/web.vmdk",
        "./parents\\web.vmdk",
        "parents/../parents/web.vmdk"
      })
  void parentsInOtherFolders(String hint) throws IOException {
    storage.createFolder("parents");
    base("parents/web.vmdk", "");
    storage.with("c-delta.vmdk", HandMade.cowd(SECTORS, 1, new TreeMap<>(), 1));
    String line = "RW " + SECTORS + " VMFSSPARSE \"c-delta.vmdk\"";
    storage.with("c.vmdk", HandMade.descriptor("vmfsSparse", "2", "1", hint, line));

    assertThat(VmdkChain.names(storage, "c.vmdk")).containsExactly("c.vmdk", "parents/web.vmdk");
    assertShows("c.vmdk", noise);
  }

  /** Names in the descriptor's own encoding lead to files, with either line end. */
  @ParameterizedTest
  @CsvSource({
    "UTF-8, Büro",
    "windows-1252, Büro",
    "GBK, 中文",
    "Shift_JIS, 日本",
    "EUC-KR, 한국",
    "windows-1251, диск"
  })
  void fileNamesInEveryEncoding(String encoding, String stem) throws IOException {
    storage.with(stem + "-flat.vmdk", noise);
    for (String lineEnd : new String[] {"\n", "\r\n"}) {
      String text =
          HandMade.descriptor(
                  "vmfs", "1", "ffffffff", null, "RW 2048 VMFS \"" + stem + "-flat.vmdk\"")
              .replace("UTF-8", encoding)
              .replace("\n", lineEnd);
      storage.with("web.vmdk", text.getBytes(Charset.forName(encoding)));

      assertShows("web.vmdk", noise);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"VMFSRDM", "VMFSRAW"})
  void rawDevicesAreRefused(String type) throws IOException {
    String line = "RW 8 " + type + " \"web-rdm.vmdk\"";
    storage.with("web.vmdk", HandMade.descriptor("vmfsRawDeviceMap", "1", "ffffffff", null, line));

    assertThatThrownBy(() -> VmdkLayer.open(storage, "web.vmdk"))
        .isInstanceOf(UnsupportedDiskException.class)
        .hasMessageContaining("web.vmdk: extent: a raw device mapping");
  }

  private void base(String name, String more) throws IOException {
    String line = "RW " + SECTORS + " VMFS \"web-flat.vmdk\"";
    storage.with(name.replace("web.vmdk", "web-flat.vmdk"), noise);
    storage.with(name, HandMade.descriptor("vmfs", "1", "ffffffff", null, line) + more);
  }

  private void assertShows(String name, byte[] expected) throws IOException {
    try (LayeredDisk disk = VmdkChain.open(storage, name)) {
      assertThat(disk.capacity()).isEqualTo(expected.length);
      DiskContent.assertSame(disk, 0, expected);
    }
  }
}
