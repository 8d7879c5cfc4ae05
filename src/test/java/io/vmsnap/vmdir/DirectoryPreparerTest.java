package io.vmsnap.vmdir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.storage.FaultyStorage;
import io.vmsnap.storage.FaultyStorage.Fault;
import io.vmsnap.storage.FaultyStorage.InjectedFault;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.PowerCut;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.task.VmDefinition.Disk;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DirectoryPreparerTest {
  private static final long MIB = 1 << 20;
  private static final String UUID = "564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7";

  private final MemoryStorage storage = new MemoryStorage();

  @Test
  void emptyDirectoryGetsAllFiles() throws Exception {
    VmDirectory directory = prepare(blank("root", MIB), blank("data", 2 * MIB));

    assertThat(storage.list(""))
        .containsExactly(
            "web-flat.vmdk", "web.vmdk", "web.vmsd", "web.vmx", "web_1-flat.vmdk", "web_1.vmdk");
    assertThat(storage.size("web.vmsd")).isZero();
    assertThat(storage.size("web_1-flat.vmdk")).isEqualTo(2 * MIB);
    assertThat(storage.allocatedBytes("web_1-flat.vmdk")).isZero();
    assertThat(new String(storage.content(".vmsnap/format.json"))).isEqualTo("{\"version\":1}\n");
    assertThat(directory.disks()).extracting(VmDisk::name).containsExactly("root", "data");
    assertThat(directory.vmx().get("memSize")).contains("257");
    assertThat(directory.vmx().get("uuid.bios"))
        .contains("56 4d 1a 2b 3c 4d 5e 6f-70 81 92 a3 b4 c5 d6 e7");
    assertThat(BaseDisk.open(storage, "web.vmdk").capacity()).isEqualTo(MIB);
  }

  @Test
  void secondTimeChangesNothing() throws Exception {
    prepare(blank("root", MIB));
    byte[] vmx = storage.content("web.vmx");
    byte[] descriptor = storage.content("web.vmdk");
    FaultyStorage counting = new FaultyStorage(storage, Fault.DEATH).failAt(Integer.MAX_VALUE);

    new DirectoryPreparer(counting, definition(blank("root", MIB))).prepare();

    assertThat(storage.content("web.vmx")).isEqualTo(vmx);
    assertThat(storage.content("web.vmdk")).isEqualTo(descriptor);
    assertThat(counting.operations()).isEqualTo(1); // the folder that is there already
  }

  @Test
  void rawSourceIsCopiedAndStays() throws Exception {
    byte[] image = new byte[3 * 512 + 100];
    Arrays.fill(image, (byte) 7);
    storage.with("data.img", image);

    prepare(new Disk("root", null, "data.img"));

    assertThat(storage.content("data.img")).isEqualTo(image);
    assertThat(storage.content("web-flat.vmdk")).isEqualTo(Arrays.copyOf(image, 4 * 512));
    assertThat(BaseDisk.open(storage, "web.vmdk").capacity()).isEqualTo(4 * 512);
  }

  @Test
  void sourceIsFilledUpToTheDefinedSize() throws Exception {
    storage.with("data.img", new byte[1024]);

    prepare(new Disk("root", MIB, "data.img"));

    assertThat(storage.size("web-flat.vmdk")).isEqualTo(MIB);
  }

  @Test
  void vmdkSourceIsRead() throws Exception {
    byte[] content = new byte[2048];
    Arrays.fill(content, (byte) 9);
    storage
        .with("golden-flat.vmdk", content)
        .with(
            "golden.vmdk",
            """
            # Disk DescriptorFile
            version=1
            CID=12345678
            parentCID=ffffffff
            createType="monolithicFlat"
            # Extent description
            RW 4 FLAT "golden-flat.vmdk" 0
            # The Disk Data Base
            """);

    prepare(new Disk("root", null, "golden.vmdk"));

    assertThat(storage.content("web-flat.vmdk")).isEqualTo(content);
    assertThat(storage.exists("golden.vmdk")).isTrue();
  }

  @Test
  void sourceWithTheDisksOwnNameIsTakenOver() throws Exception {
    storage.with("web-flat.vmdk", new byte[4096]);

    prepare(new Disk("root", null, "web-flat.vmdk"));

    assertThat(BaseDisk.open(storage, "web.vmdk").capacity()).isEqualTo(4096);
  }

  @Test
  void extentWithoutDescriptorIsNeverOverwritten() throws Exception {
    storage.with("web-flat.vmdk", new byte[] {1, 2, 3});

    assertThat(refusal(blank("root", MIB)))
        .hasMessageContaining("web-flat.vmdk exists without its descriptor");
    assertThat(storage.content("web-flat.vmdk")).containsExactly(1, 2, 3);
  }

  @Test
  void diskGrowsWhileThereIsNoSnapshot() throws Exception {
    prepare(blank("root", MIB));

    VmDirectory grown = prepare(blank("root", 3 * MIB));

    assertThat(grown.disks().getFirst().capacityBytes()).isEqualTo(3 * MIB);
    assertThat(storage.size("web-flat.vmdk")).isEqualTo(3 * MIB);
  }

  @Test
  void diskWithSnapshotsDoesNotGrow() throws Exception {
    prepare(blank("root", MIB));
    storage.with(
        "web.vmsd",
        """
        snapshot.lastUID = "1"
        snapshot.current = "1"
        snapshot0.uid = "1"
        snapshot0.filename = "web-Snapshot1.vmsn"
        snapshot.numSnapshots = "1"
        """);

    assertThat(refusal(blank("root", 2 * MIB)))
        .hasMessageContaining("cannot grow")
        .hasMessageContaining("" + 2 * MIB);
  }

  @Test
  void diskDoesNotShrink() throws Exception {
    prepare(blank("root", 2 * MIB));

    assertThat(refusal(blank("root", MIB))).hasMessageContaining("cannot shrink");
  }

  @Test
  void diskIsNotTakenAway() throws Exception {
    prepare(blank("root", MIB), blank("data", MIB));

    assertThat(refusal(blank("root", MIB))).hasMessageContaining("data (web_1.vmdk)");
  }

  @Test
  void diskMayBeAdded() throws Exception {
    prepare(blank("root", MIB));

    VmDirectory more = prepare(blank("root", MIB), blank("data", MIB));

    assertThat(more.disks()).extracting(VmDisk::name).containsExactly("root", "data");
  }

  @Test
  void directoryOfAnotherMachineIsRefused() throws Exception {
    storage.with("db.vmx", "");

    assertThat(refusal(blank("root", MIB))).hasMessageContaining("db.vmx");
    assertThat(storage.list("")).containsExactly("db.vmx");
  }

  @Test
  void missingFilesAreNamed() throws Exception {
    assertThat(refusal(new Disk("root", null, "data.img"))).hasMessageContaining("data.img");

    VmDefinition boot =
        new VmDefinition(
            "web",
            UUID,
            hardware(),
            List.of(blank("root", MIB)),
            new VmDefinition.Boot("vmlinuz", null, ""),
            List.of(),
            false,
            30);
    assertThatThrownBy(() -> new DirectoryPreparer(storage, boot).prepare())
        .isInstanceOf(NotPreparableException.class)
        .hasMessage("boot.kernel: vmlinuz is not in the VM directory");
  }

  @Test
  void extentThatWasCutOrLostIsNoticed() throws Exception {
    prepare(blank("root", MIB));
    storage.with("web-flat.vmdk", new byte[512]);

    assertThatThrownBy(() -> prepare(blank("root", MIB)))
        .isInstanceOf(DamagedFileException.class)
        .hasMessageContaining("has 512 bytes");

    storage.delete("web-flat.vmdk");

    assertThatThrownBy(() -> prepare(blank("root", MIB)))
        .isInstanceOf(DamagedFileException.class)
        .hasMessageContaining("web-flat.vmdk: is missing");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -512, 513})
  void wrongSizesAreRefused(long size) {
    assertThat(refusal(blank("root", size)).reason()).isEqualTo(TaskReason.InvalidRequest);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "../x", "a/b", "-x", ".hidden", "a b", "a\"b", "a\nb"})
  void namesThatAreNoFileNamesAreRefused(String name) {
    VmDefinition bad =
        new VmDefinition(name, UUID, hardware(), List.of(), null, List.of(), false, 30);

    assertThatThrownBy(() -> new DirectoryPreparer(storage, bad).prepare())
        .isInstanceOf(NotPreparableException.class);
  }

  @Test
  void sourcesOutsideTheDirectoryAreRefused() {
    for (String path : List.of("../secret.img", "/etc/shadow", "a/../../b.img")) {
      assertThatThrownBy(() -> prepare(new Disk("root", null, path)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("only files inside the VM directory");
    }
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void everyOperationMayFail(Fault fault) throws Exception {
    byte[] image = new byte[8192];
    Arrays.fill(image, (byte) 5);
    Disk[] disks = {blank("root", MIB), new Disk("data", null, "data.img")};
    for (int n = 1; ; n++) {
      MemoryStorage disk = new MemoryStorage().with("data.img", image);
      FaultyStorage faulty = new FaultyStorage(disk, fault).failAt(n);
      try {
        new DirectoryPreparer(faulty, definition(disks)).prepare();
        if (!faulty.struck()) {
          assertThat(n).isGreaterThan(20);
          return;
        }
        // A full volume does not keep the last steps, which take no space, from succeeding.
        assertThat(fault).isEqualTo(Fault.DISK_FULL);
      } catch (InjectedFault e) {
        for (VmStorage after : List.of(disk.powerCut(PowerCut.random(n)), disk)) {
          VmDirectory directory = new DirectoryPreparer(after, definition(disks)).prepare();

          assertThat(directory.disks()).as("operation %d", n).hasSize(2);
          assertThat(((MemoryStorage) after).content("web_1-flat.vmdk"))
              .as("operation %d", n)
              .isEqualTo(image);
        }
      }
    }
  }

  private VmDirectory prepare(Disk... disks) throws IOException, NotPreparableException {
    return new DirectoryPreparer(storage, definition(disks)).prepare();
  }

  private NotPreparableException refusal(Disk... disks) {
    return catchThrowableOfType(NotPreparableException.class, () -> prepare(disks));
  }

  private static VmDefinition definition(Disk... disks) {
    return new VmDefinition("web", UUID, hardware(), List.of(disks), null, List.of(), false, 30);
  }

  private static VmDefinition.Hardware hardware() {
    return new VmDefinition.Hardware(2, 256 * MIB + 1, "bios", null, "auto");
  }

  private static Disk blank(String name, long size) {
    return new Disk(name, size, null);
  }
}
