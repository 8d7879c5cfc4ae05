package io.vmsnap.snapshot.adopt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.disk.DiskContent;
import io.vmsnap.disk.DiskTool;
import io.vmsnap.disk.export.SourceDisk;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.snapshot.RefusedException;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole directories, checked by our readers and by qemu-img. */
class AdoptionIT {
  private static final int SECTORS = (20 << 11) + 5;

  @TempDir Path dir;

  @ParameterizedTest
  @EnumSource(ForeignMachine.Style.class)
  void keepsEverySnapshot(ForeignMachine.Style style) throws Exception {
    LocalStorage storage = new LocalStorage(dir);
    ForeignMachine machine = ForeignMachine.create(storage, style, SECTORS, 1);
    Map<String, String> sources = files();

    AdoptResult result = new Adoption(storage, silent()).run(false);

    VmDirectory adopted = VmDirectory.open(storage);
    assertThat(adopted.vmx().get("vendor.key")).contains("kept");
    assertThat(adopted.disks().getFirst().active().fileName()).isEqualTo("web-000003.vmdk");
    assertThat(adopted.vmsd().snapshots())
        .extracting(SnapshotEntry::displayName)
        .containsExactly("clean", "updated", "other way");
    assertThat(adopted.vmsd().currentUid()).contains(3L);
    assertThat(adopted.vmsd().tree().children(1)).hasSize(2);
    for (var disk : machine.content().entrySet()) {
      assertContent(storage, disk.getKey(), disk.getValue());
    }
    assertThat(result.proven()).containsKeys("web-000001.vmdk", "web-000003.vmdk");
    assertThat(result.notes()).singleElement().asString().contains("\"updated\" has memory");
    assertThat(adopted.vmsd().snapshot(2).orElseThrow().property("memoryFormat"))
        .contains("vmware");
    assertSourcesAreKept(sources);
    assertThat(permissions("web-flat.vmdk")).isEqualTo("r--r-----");
    assertThat(permissions("web-000002-delta.vmdk")).isEqualTo("r--r-----");
    assertThat(permissions("web-000003-delta.vmdk")).isEqualTo("rw-r-----");
    assertThat(dir.resolve(".vmsnap/journal.json")).doesNotExist();
  }

  /** A backup that believed it later would miss what was written here. */
  @Test
  void changeTrackingEnds() throws Exception {
    LocalStorage storage = new LocalStorage(dir);
    ForeignMachine machine = ForeignMachine.create(storage, ForeignMachine.Style.ESXI, SECTORS, 5);

    new Adoption(storage, silent()).run(false);

    DiskDescriptor base = DiskDescriptor.read(storage, "web.vmdk");
    assertThat(base.changeTrackPath()).isEmpty();
    assertThat(base.cid()).hasToString("00000010");
    assertThat(dir.resolve("web-ctk.vmdk")).doesNotExist();
    assertThat(dir.resolve(".vmsnap/adopted/web-ctk.vmdk")).hasContent("which blocks changed");
    assertContent(storage, "web.vmdk", machine.content().get("web.vmdk"));
  }

  @Test
  void removesTheSourcesWhenAsked() throws Exception {
    LocalStorage storage = new LocalStorage(dir);
    ForeignMachine machine =
        ForeignMachine.create(storage, ForeignMachine.Style.WORKSTATION_SPLIT, SECTORS, 2);

    new Adoption(storage, silent()).run(true);

    assertThat(dir.resolve("web-f001.vmdk")).doesNotExist();
    assertThat(storage.list(".vmsnap/adopted")).isEmpty();
    assertContent(storage, "web-000001.vmdk", machine.content().get("web-000001.vmdk"));
  }

  @Test
  void aMachineThatIsOpenInVmwareIsLeftAlone() throws Exception {
    LocalStorage storage = new LocalStorage(dir);
    ForeignMachine.create(storage, ForeignMachine.Style.WORKSTATION, SECTORS, 3);
    Files.createDirectory(dir.resolve("web.vmx.lck"));
    Map<String, String> before = files();

    assertThatThrownBy(() -> new Adoption(storage, silent()).run(false))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("web.vmx.lck exists");

    assertThat(files()).isEqualTo(before);
  }

  @Test
  void anAdoptedDirectoryIsNotAdoptedAgain() throws Exception {
    LocalStorage storage = new LocalStorage(dir);
    ForeignMachine.create(storage, ForeignMachine.Style.ESXI, SECTORS, 4);
    new Adoption(storage, silent()).run(false);

    assertThatThrownBy(() -> new Adoption(storage, silent()).run(false))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("vmsnap's already");
  }

  /** Through our live index, and the sealed tables through qemu-img. */
  private void assertContent(LocalStorage storage, String disk, byte[] expected)
      throws IOException {
    try (SourceDisk source = SourceDisk.open(storage, disk)) {
      DiskContent.assertSame(source.disk(), 0, expected);
    }
    Files.write(dir.resolve("expected.raw"), expected);
    assertThat(
            DiskTool.run(
                dir, "qemu-img", "compare", "-f", "vmdk", "-F", "raw", disk, "expected.raw"))
        .contains("identical");
    Files.delete(dir.resolve("expected.raw"));
  }

  private void assertSourcesAreKept(Map<String, String> sources) throws IOException {
    for (var source : sources.entrySet()) {
      Path aside = dir.resolve(".vmsnap/adopted").resolve(source.getKey());
      boolean changes =
          List.of("web.vmx", "web.vmsd").contains(source.getKey())
              || source.getKey().equals("web.vmdk") && !Files.exists(aside);
      if (!changes) {
        Path place = Files.exists(aside) ? aside : dir.resolve(source.getKey());
        assertThat(hash(place)).as(source.getKey()).isEqualTo(source.getValue());
      }
    }
  }

  private String permissions(String file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve(file)));
  }

  /** Names and digests: contents in a failure message would be megabytes. */
  private Map<String, String> files() throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (var list = Files.newDirectoryStream(dir)) {
      for (Path file : list) {
        if (Files.isRegularFile(file)) {
          files.put(file.getFileName().toString(), hash(file));
        }
      }
    }
    return files;
  }

  private static String hash(Path file) throws IOException {
    CRC32C crc = new CRC32C();
    crc.update(Files.readAllBytes(file));
    return Long.toHexString(crc.getValue());
  }

  static AdoptListener silent() {
    return new AdoptListener() {
      @Override
      public void begin(String step, int done, int steps) {}

      @Override
      public void at(long done, long total) {}
    };
  }
}
