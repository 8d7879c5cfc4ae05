package io.vmsnap.disk.vmdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.vmsnap.disk.CorruptDiskException;
import io.vmsnap.disk.DiskException;
import io.vmsnap.disk.UnsupportedDiskException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DiskDescriptorTest {
  /** As Workstation on Windows leaves it: odd spacing, a comment of the user, two extents. */
  private static final String WORKSTATION =
      """
      # Disk DescriptorFile
      version=1
      encoding="windows-1252"
      parentCID=0a1b2c3d
      CID=89abcdef
      createType="twoGbMaxExtentSparse"
      parentFileNameHint="..\\Büro\\web.vmdk"

      # Extent description
      RW 4192256 SPARSE "web-000001-s001.vmdk"
      RW 2048 ZERO
      RDONLY 100 FLAT "web f002.vmdk" 7
      # kept: see ticket 12

      # Change Tracking File
      changeTrackPath="web-ctk.vmdk"

      # The Disk Data Base
      #DDB

      ddb.adapterType = "lsilogic"
      ddb.geometry.heads = "255"
      """
          .replace("\n", "\r\n");

  @Test
  void readsEveryField() throws DiskException {
    DiskDescriptor d = parse(WORKSTATION, "windows-1252");

    assertThat(d.charset()).isEqualTo(Charset.forName("windows-1252"));
    assertThat(d.cid()).hasToString("89abcdef");
    assertThat(d.parentCid()).hasToString("0a1b2c3d");
    assertThat(d.createType()).isEqualTo("twoGbMaxExtentSparse");
    assertThat(d.parentFileNameHint()).contains("..\\Büro\\web.vmdk");
    assertThat(d.changeTrackPath()).contains("web-ctk.vmdk");
    assertThat(d.extents())
        .containsExactly(
            Extent.of(ExtentType.SPARSE, 4192256, "web-000001-s001.vmdk"),
            Extent.zero(2048),
            new Extent(Extent.Access.RDONLY, 100, ExtentType.FLAT, "web f002.vmdk", 7, true));
    assertThat(d.capacity()).isEqualTo((4192256L + 2048 + 100) * 512);
    assertThat(d.dataBase())
        .containsExactly(Map.entry("adapterType", "lsilogic"), Map.entry("geometry.heads", "255"));
  }

  @Test
  void rewritingKeepsEveryOtherByte() throws DiskException {
    DiskDescriptor d = parse(WORKSTATION, "windows-1252");

    byte[] rewritten = d.withCid(new ContentId(0x11)).withEntry("ddb.uuid", "60 00").toBytes();

    assertThat(new String(rewritten, Charset.forName("windows-1252")))
        .isEqualTo(
            WORKSTATION.replace("CID=89abcdef", "CID=00000011") + "ddb.uuid = \"60 00\"\r\n");
  }

  @Test
  void changesExtentsAndParentInPlace() throws DiskException {
    DiskDescriptor d =
        parse(WORKSTATION, "windows-1252")
            .withExtents(List.of(Extent.of(ExtentType.VMFS, 8, "web-flat.vmdk")))
            .withParent(ContentId.NONE, null);

    assertThat(d.toString())
        .contains("# Extent description\r\nRW 8 VMFS \"web-flat.vmdk\"\r\n# kept: see ticket 12")
        .contains("parentCID=ffffffff")
        .doesNotContain("parentFileNameHint");
  }

  @Test
  void createsWhatItReads() throws DiskException {
    DiskDescriptor d =
        DiskDescriptor.create(
            "日本.vmdk",
            "vmfsSparse",
            new ContentId(5),
            ContentId.INITIAL,
            "web.vmdk",
            List.of(Extent.of(ExtentType.VMFSSPARSE, 131072, "日本-delta.vmdk")),
            Map.of("adapterType", "lsilogic"));

    DiskDescriptor read = DiskDescriptor.parse("日本.vmdk", d.toBytes());

    assertThat(read).hasToString(d.toString());
    assertThat(read.extents().getFirst().fileName()).isEqualTo("日本-delta.vmdk");
    assertThat(read.parentCid()).isEqualTo(ContentId.INITIAL);
  }

  @Test
  void addsTheSectionsThatLibvmdkNeeds() throws DiskException {
    String bare =
        "# Disk DescriptorFile\nversion=1\nCID=1\ncreateType=\"vmfs\"\nRW 8 VMFS \"a\"\nddb.a = \"b\"\n";

    assertThat(new String(parse(bare, "UTF-8").toBytes(), StandardCharsets.UTF_8))
        .contains("\n# Extent description\nRW 8 VMFS \"a\"\n# The Disk Data Base\nddb.a = \"b\"\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"GBK", "Big5", "Shift_JIS", "EUC-KR", "windows-1251", "ISO-8859-1"})
  void readsTheEncodingThatTheFileNames(String encoding) throws DiskException {
    String name =
        switch (encoding) {
          case "GBK", "Big5" -> "中文";
          case "Shift_JIS" -> "日本";
          case "EUC-KR" -> "한국";
          case "windows-1251" -> "диск";
          default -> "büro";
        };
    String text = minimal("encoding=\"" + encoding + "\"\n", "RW 8 VMFS \"" + name + ".vmdk\"");

    DiskDescriptor d = parse(text, encoding);

    assertThat(d.extents().getFirst().fileName()).isEqualTo(name + ".vmdk");
    assertThat(d.toBytes()).startsWith(text.getBytes(Charset.forName(encoding)));
  }

  @Test
  void anUnknownEncodingIsFineForAsciiOnly() throws DiskException {
    String text = minimal("encoding=\"x-none\"\n", "RW 8 VMFS \"ü.vmdk\"");

    assertThat(parse(text.replace('ü', 'u'), "UTF-8").extents()).hasSize(1);
    assertThatThrownBy(() -> parse(text, "UTF-8"))
        .isInstanceOf(UnsupportedDiskException.class)
        .hasMessageContaining("web.vmdk: encoding: the encoding \"x-none\"");
  }

  @Test
  void withoutEncodingItIsUtf8OrWindows1252() throws DiskException {
    String text = minimal("", "RW 8 VMFS \"ü.vmdk\"");

    assertThat(parse(text, "UTF-8").extents().getFirst().fileName()).isEqualTo("ü.vmdk");
    assertThat(parse(text, "windows-1252").extents().getFirst().fileName()).isEqualTo("ü.vmdk");
  }

  @Test
  void nulEndsAnEmbeddedDescriptor() throws DiskException {
    assertThat(parse(minimal("", "RW 8 VMFS \"a\"") + "\0\0rest", "UTF-8").extents()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "RW 8 VMFS                         | line 6: extent: a VMFS extent needs a file name",
        "RW x VMFS \"a\"                   | line 6: extent: expected ACCESS SECTORS TYPE",
        "RW 99999999999999999 VMFS \"a\"   | line 6: extent: sectors and offset are at most",
        "RW 8 MAGIC \"a\"                  | line 6: extent: the type MAGIC is not known",
        "what is this                      | line 6: neither a comment, an entry",
        "ddb.x = \"y                       | line 6: ddb.x: the closing quote is missing",
        "CID=2                             | line 6: CID: stands in the file twice",
        "parentCID=xyz                     | line 6: parentCID: \"xyz\" is not one to eight",
        "parentCID=123456789               | line 6: parentCID: \"123456789\" is not one to eight",
      })
  void errorsNameFileLineAndField(String line, String message) {
    assertThatThrownBy(() -> parse(minimal("", line), "UTF-8"))
        .isInstanceOf(DiskException.class)
        .hasMessageStartingWith("web.vmdk: " + message);
  }

  @Test
  void refusesWhatIsNoDescriptorOrTooNew() {
    assertThatThrownBy(() -> parse("hello\n", "UTF-8"))
        .isInstanceOf(CorruptDiskException.class)
        .hasMessageContaining("line 1: not a disk descriptor");
    assertThatThrownBy(() -> parse("", "UTF-8")).hasMessageContaining("empty");
    assertThatThrownBy(() -> parse(minimal("", "").replace("version=1", "version=9"), "UTF-8"))
        .isInstanceOf(UnsupportedDiskException.class)
        .hasMessageContaining("version: 9; known are 1 to 4");
    assertThatThrownBy(() -> parse("# Disk DescriptorFile\nversion=1\nCID=1\n", "UTF-8"))
        .hasMessageContaining("no entry createtype");
  }

  @Test
  void writesNothingThatCouldNotBeReadBack() throws DiskException {
    DiskDescriptor d = parse(minimal("", "RW 8 VMFS \"a\""), "UTF-8");

    assertThatThrownBy(() -> d.withEntry("ddb.comment", "a\nRW 8 VMFS \"/etc/passwd\""))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Extent.of(ExtentType.VMFS, 8, "a\"b"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anyMutationEitherParsesOrFailsWithTheFile() throws DiskException {
    byte[] valid = WORKSTATION.getBytes(Charset.forName("windows-1252"));
    Random random = new Random(42);
    for (int i = 0; i < 20_000; i++) {
      byte[] mutated = valid.clone();
      for (int k = random.nextInt(1, 6); k > 0; k--) {
        mutated[random.nextInt(mutated.length)] = (byte) random.nextInt(256);
      }
      Throwable error =
          catchThrowable(
              () -> {
                DiskDescriptor d = DiskDescriptor.parse("web.vmdk", mutated);
                d.cid();
                d.parentCid();
                assertThat(d.capacity()).isNotNegative();
              });
      if (error != null) {
        assertThat(error).as("seed 42, round %d", i).isInstanceOf(DiskException.class);
        assertThat(error).hasMessageStartingWith("web.vmdk: ");
      }
    }
  }

  private static DiskDescriptor parse(String text, String charset) throws DiskException {
    return DiskDescriptor.parse("web.vmdk", text.getBytes(Charset.forName(charset)));
  }

  private static String minimal(String header, String line) {
    return "# Disk DescriptorFile\nversion=1\n"
        + header
        + "CID=1\ncreateType=\"vmfs\"\n# Extent description\n"
        + line
        + "\n# The Disk Data Base\n";
  }
}
