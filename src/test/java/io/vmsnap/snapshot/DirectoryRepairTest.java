package io.vmsnap.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.vmdk.ContentId;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.snapshot.DirectoryRepair.Action;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DirectoryRepairTest {
  private final MemoryStorage storage = new MemoryStorage();
  private List<ByteBuffer> second;
  private List<ByteBuffer> now;

  @BeforeEach
  void machineWithTwoSnapshots() throws Exception {
    TestMachine.prepare(storage, 2);
    TestMachine.guestWrites(storage, 1);
    TestMachine.snapshot(storage, VmConnector.POWERED_OFF, "r-1");
    TestMachine.guestWrites(storage, 2);
    TestMachine.snapshot(storage, VmConnector.POWERED_OFF, "r-2");
    TestMachine.guestWrites(storage, 3);
    Sealing.sealAll(VmDirectory.open(storage));
    second = TestMachine.content(storage, 2);
    now = TestMachine.content(storage);
  }

  @Test
  void soundDirectoryIsLeftAlone() throws Exception {
    List<String> before = storage.list("");

    assertThat(repair()).isEmpty();

    assertThat(storage.list("")).isEqualTo(before);
  }

  @Test
  void lostIndexesAreRebuiltFromTheTables() throws Exception {
    storage.delete(".vmsnap/web-000001.idx");
    storage.delete(".vmsnap/web-000002.idx");

    assertThat(repair())
        .extracting(Action::file)
        .containsExactlyInAnyOrder("web-000001.vmdk", "web-000002.vmdk");

    assertMended();
  }

  @Test
  void spoiledTablesAreRebuiltFromTheIndex() throws Exception {
    DeltaDisk delta = DeltaDisk.open(storage, "web-000001.vmdk");
    long directory = delta.header(storage).directorySector() * 512;
    storage.setReadOnly(delta.files().extent(), false);
    try (StorageFile extent = storage.open(delta.files().extent(), OpenMode.READ_WRITE)) {
      extent.write(ByteBuffer.allocate(4).putInt(0, -2), directory);
    }

    assertThat(repair()).extracting(Action::what).anyMatch(what -> what.contains("grain tables"));

    assertMended();
  }

  @Test
  void onlyWhatIsProvenToBeLeftOverGoes() throws Exception {
    storage.create("web.vmx~").close();
    storage.create(".vmsnap/web-000009.idx").close();
    DeltaDisk.create(storage, "web-000002.vmdk", "web-000007.vmdk", new SecureRandom());

    assertThat(repair()).hasSize(3);

    assertThat(storage.list("")).noneMatch(f -> f.endsWith("~") || f.contains("000007"));
    assertThat(storage.list(".vmsnap")).noneMatch(f -> f.contains("000009"));
    assertMended();
  }

  /** It may be all that is left of something. */
  @Test
  void orphanWithDataStays() throws Exception {
    byte[] vmsd = storage.content("web.vmsd");
    byte[] vmx = storage.content("web.vmx");
    TestMachine.snapshot(storage, VmConnector.POWERED_OFF, "r-3");
    TestMachine.guestWrites(storage, 4);
    Sealing.sealAll(VmDirectory.open(storage));
    restore("web.vmsd", vmsd);
    restore("web.vmx", vmx);

    repair();

    assertThat(storage.exists("web-000003.vmdk")).isTrue();
    assertThat(storage.exists("web-Snapshot3.vmsn")).isTrue();
  }

  /**
   * Nobody can tell what a broken branch needs: nothing but temporary files is proven to be over.
   */
  @Test
  void brokenBranchIsReportedAndTheRestIsMended() throws Exception {
    TestMachine.revert(storage, VmConnector.POWERED_OFF, "v-1", 1);
    TestMachine.guestWrites(storage, 5);
    Sealing.sealAll(VmDirectory.open(storage));
    List<ByteBuffer> reverted = TestMachine.content(storage);
    String frozen = "web-000001.vmdk"; // of snapshot 2, which is a branch of its own now
    DiskDescriptor text = DiskDescriptor.read(storage, frozen);
    storage.with(frozen, text.withParent(new ContentId(0x1234), "web.vmdk").toBytes());
    DeltaDisk.create(storage, "web.vmdk", "web-000017.vmdk", new SecureRandom());
    storage.create("web.vmx~").close();
    String active = VmDirectory.open(storage).disks().getFirst().active().fileName();
    storage.delete(DeltaDisk.open(storage, active).files().index());

    assertThat(repair()).extracting(Action::file).containsExactlyInAnyOrder(active, "web.vmx~");

    assertThat(DirectoryChecker.check(storage, false))
        .extracting(DirectoryFinding::file)
        .containsOnly(frozen);
    assertThat(storage.exists("web-000017.vmdk")).isTrue();
    assertThat(TestMachine.content(storage)).isEqualTo(reverted);
  }

  @Test
  void directoryThatCannotBeReadIsLeftAlone() throws Exception {
    storage.with("web.vmsd", "garbage");
    storage.delete(".vmsnap/web-000002.idx");

    assertThat(repair()).isEmpty();

    assertThat(DirectoryChecker.check(storage, false))
        .anyMatch(f -> f.file().equals("web.vmsd") && f.message().contains("line 1"));
  }

  /** An extent without descriptor may be all that is left of a disk, and the index tells what. */
  @Test
  void indexOfAnExtentWithoutDescriptorStays() throws Exception {
    DeltaDisk lost =
        DeltaDisk.create(storage, "web-000002.vmdk", "web-000007.vmdk", new SecureRandom());
    storage.delete("web-000007.vmdk");
    storage.create(".vmsnap/web-000009.seal").close();

    assertThat(repair()).extracting(Action::file).containsExactly(".vmsnap/web-000009.seal");

    assertThat(storage.exists(lost.files().index())).isTrue();
  }

  @Test
  void machineThatIsOnIsRefused() throws Exception {
    FakeVm vm = FakeVm.startedOn(storage);

    RefusedException refused =
        catchThrowableOfType(RefusedException.class, () -> DirectoryRepair.run(storage, vm));

    assertThat(refused.reason()).isEqualTo(TaskReason.VMBusy);
  }

  private List<Action> repair() throws IOException, RefusedException {
    return DirectoryRepair.run(storage, VmConnector.POWERED_OFF);
  }

  private void restore(String file, byte[] content) throws IOException {
    storage.delete(file);
    try (StorageFile written = storage.create(file)) {
      written.write(ByteBuffer.wrap(content), 0);
    }
  }

  private void assertMended() throws Exception {
    assertThat(DirectoryChecker.check(storage, false)).isEmpty();
    assertThat(TestMachine.content(storage, 2)).isEqualTo(second);
    assertThat(TestMachine.content(storage)).isEqualTo(now);
  }
}
