package io.vmsnap.vmdir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.disk.DiskException;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.UnsafeNameException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VmDirectoryTest {
  private final MemoryStorage storage = new MemoryStorage();

  @BeforeEach
  void machineWithOneDelta() throws Exception {
    storage
        .with("web.vmx", "scsi0:0.fileName = \"web-000001.vmdk\"\nscsi0:0.vmsnap.name = \"root\"\n")
        .with("web.vmsd", "")
        .with("web.vmdk", base("aaaaaaaa"))
        .with("web-000001.vmdk", delta("bbbbbbbb", "aaaaaaaa", "web.vmdk", 2048));
  }

  @Test
  void chainIsFoundBaseFirst() throws Exception {
    VmDirectory directory = VmDirectory.open(storage);

    assertThat(directory.name()).isEqualTo("web");
    assertThat(directory.vmsd().snapshots()).isEmpty();
    VmDisk disk = directory.disks().getFirst();
    assertThat(disk.name()).isEqualTo("root");
    assertThat(disk.chain())
        .extracting(DiskDescriptor::fileName)
        .containsExactly("web.vmdk", "web-000001.vmdk");
    assertThat(disk.capacityBytes()).isEqualTo(1 << 20);
  }

  @Test
  void missingHistoryIsAnEmptyOne() throws Exception {
    storage.delete("web.vmsd");

    assertThat(VmDirectory.open(storage).vmsd().snapshots()).isEmpty();
  }

  @Test
  void missingDiskIsNamed() throws Exception {
    storage.delete("web.vmdk");

    assertThatThrownBy(() -> VmDirectory.open(storage))
        .isInstanceOf(DiskException.class)
        .hasMessageContaining("web-000001.vmdk")
        .hasMessageContaining("web.vmdk does not exist");

    storage.delete("web-000001.vmdk");

    assertThatThrownBy(() -> VmDirectory.open(storage))
        .isInstanceOf(DamagedFileException.class)
        .hasMessageStartingWith("web-000001.vmdk: is missing");
  }

  @Test
  void parentWrittenLaterIsNoticed() throws Exception {
    storage.with("web.vmdk", base("cccccccc"));

    assertThatThrownBy(() -> VmDirectory.open(storage))
        .isInstanceOf(DiskException.class)
        .hasMessageContaining("aaaaaaaa")
        .hasMessageContaining("cccccccc");
  }

  @Test
  void diskSmallerThanItsParentIsNoticed() throws Exception {
    storage.with("web-000001.vmdk", delta("bbbbbbbb", "aaaaaaaa", "web.vmdk", 1024));

    assertThatThrownBy(() -> VmDirectory.open(storage))
        .hasMessageContaining("less than its parent");
  }

  @Test
  void diskThatIsItsOwnParentIsRefused() throws Exception {
    storage.with("web-000001.vmdk", delta("bbbbbbbb", "bbbbbbbb", "web-000001.vmdk", 2048));

    assertThatThrownBy(() -> VmDirectory.open(storage)).hasMessageContaining("own ancestor");
  }

  @Test
  void corruptDescriptorIsNamed() throws Exception {
    storage.with("web.vmdk", "# Disk DescriptorFile\nversion=1\nCID=nonsense\n");

    assertThatThrownBy(() -> VmDirectory.open(storage))
        .isInstanceOf(DiskException.class)
        .hasMessageStartingWith("web.vmdk: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../other/web.vmdk", "/etc/passwd.vmdk", "a/../../b.vmdk"})
  void namesThatLeaveTheDirectoryAreRefused(String name) throws Exception {
    storage.with("web.vmx", "scsi0:0.fileName = \"" + name + "\"\n");

    assertThatThrownBy(() -> VmDirectory.open(storage)).isInstanceOf(UnsafeNameException.class);

    storage.with("web.vmx", "scsi0:0.fileName = \"web-000001.vmdk\"\n");
    storage.with("web-000001.vmdk", delta("bbbbbbbb", "aaaaaaaa", name, 2048));

    assertThatThrownBy(() -> VmDirectory.open(storage)).isInstanceOf(UnsafeNameException.class);
  }

  @Test
  void directoryWithoutOrWithTwoMachinesIsRefused() throws Exception {
    storage.with("other.vmx", "");

    assertThatThrownBy(() -> VmDirectory.open(storage)).hasMessageContaining("several .vmx files");

    storage.delete("other.vmx");
    storage.delete("web.vmx");

    assertThatThrownBy(() -> VmDirectory.open(storage)).hasMessageContaining("no .vmx file");
  }

  @Test
  void directoryOfANewerVersionIsRefused() throws Exception {
    storage.with(".vmsnap/format.json", "{\"version\":2}");

    assertThatThrownBy(() -> VmDirectory.open(storage))
        .isInstanceOf(TooNewException.class)
        .hasMessageContaining("newer vmsnap");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "[1]", "{\"version\":\"1\"}", "{\"version\":0}", "\u0000"})
  void damagedFormatFileIsRefused(String text) throws Exception {
    storage.with(".vmsnap/format.json", text);

    assertThatThrownBy(() -> VmDirectory.open(storage))
        .isInstanceOf(DamagedFileException.class)
        .hasMessageStartingWith(".vmsnap/format.json: ");
  }

  private static String base(String cid) {
    return """
        # Disk DescriptorFile
        version=1
        CID=%s
        parentCID=ffffffff
        createType="vmfs"
        # Extent description
        RW 2048 VMFS "web-flat.vmdk"
        # The Disk Data Base
        """
        .formatted(cid);
  }

  private static String delta(String cid, String parentCid, String parent, int sectors) {
    return """
        # Disk DescriptorFile
        version=1
        CID=%s
        parentCID=%s
        createType="vmfsSparse"
        parentFileNameHint="%s"
        # Extent description
        RW %d VMFSSPARSE "web-000001-delta.vmdk"
        # The Disk Data Base
        """
        .formatted(cid, parentCid, parent, sectors);
  }
}
