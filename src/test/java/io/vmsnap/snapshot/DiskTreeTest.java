package io.vmsnap.snapshot;

import static io.vmsnap.snapshot.TestMachine.deleteTask;
import static io.vmsnap.snapshot.TestMachine.deletion;
import static io.vmsnap.snapshot.TestMachine.guestWrites;
import static io.vmsnap.snapshot.TestMachine.snapshot;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.LayeredDisk;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.vmdk.VmdkChain;
import io.vmsnap.snapshot.CreatePlan.NewFile;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmsdFile;
import io.vmsnap.vmdir.VmxFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a deletion must leave alone although no snapshot and no running state needs it. */
class DiskTreeTest {
  private static final VmConnector OFF = VmConnector.POWERED_OFF;
  private final MemoryStorage storage = new MemoryStorage();

  @BeforeEach
  void machine() throws Exception {
    TestMachine.prepare(storage, 2);
    guestWrites(storage, 1);
    snapshot(storage, OFF, "r-1");
    guestWrites(storage, 2);
    snapshot(storage, OFF, "r-2");
    guestWrites(storage, 3);
  }

  /** What a row of merges reckons with instead of reading the directory again. */
  @Test
  void treeReckonedAfterAMergeIsTheOneThatIsReadAfterIt() throws Exception {
    snapshot(storage, OFF, "r-3");
    DiskTree tree = DiskTree.read(VmDirectory.open(storage));
    VmsdFile history = VmsdFile.empty("web.vmsd");
    WholeFile.replace(storage, history.file(), history.toBytes());
    MergeView view = MergeView.read(storage);
    int merges = 0;
    assertThat(tree.links()).as("all are needed before").isEmpty();

    while (!view.tree().links().isEmpty()) {
      DiskTree.Link link = view.tree().links().getFirst();
      MergePlan plan = MergePlanner.plan(view, link, "r");
      view = view.after(link, plan);
      for (NewFile file : plan.files()) {
        WholeFile.replace(storage, file.name(), file.content());
      }
      for (String file : plan.discarded()) {
        if (storage.exists(file)) {
          storage.delete(file);
        }
      }
      merges++;

      MergeView read = MergeView.read(storage);
      assertThat(view.isCurrent()).isTrue();
      assertThat(view.tree()).usingRecursiveComparison().isEqualTo(read.tree());
      assertThat(view.vmx().toBytes()).isEqualTo(read.vmx().toBytes());
      assertThat(view.vmsd().toBytes()).isEqualTo(read.vmsd().toBytes());
    }
    assertThat(merges).isEqualTo(6);

    WholeFile.replace(storage, "clone.vmdk", history.toBytes());
    assertThat(view.isCurrent()).as("somebody made a file").isFalse();
  }

  @Test
  void diskThatWasTakenOutOfTheMachineKeepsItsContent() throws Exception {
    VmDirectory directory = VmDirectory.open(storage);
    String taken = directory.disks().get(1).active().fileName();
    ByteBuffer content = read(taken);
    VmxFile vmx = directory.vmx().withoutDisk(directory.disks().get(1).address());
    WholeFile.replace(storage, vmx.file(), vmx.toBytes());

    deletion(storage, OFF).run(null, deleteTask(2));
    deletion(storage, OFF).run(null, deleteTask(1));

    assertThat(VmDirectory.open(storage).vmsd().snapshots()).isEmpty();
    assertThat(read(taken)).isEqualTo(content);
    assertThat(VmDirectory.open(storage).disks().getFirst().chain()).hasSize(1);
  }

  @Test
  void baseThatWasTakenOutOfTheMachineStays() throws Exception {
    VmDirectory directory = VmDirectory.open(storage);
    String taken = directory.disks().get(1).active().fileName();
    VmxFile vmx = directory.vmx().withoutDisk(directory.disks().get(1).address());
    WholeFile.replace(storage, vmx.file(), vmx.toBytes());
    DeltaDisk.delete(storage, taken);

    deletion(storage, OFF).run(null, deleteTask(2));
    deletion(storage, OFF).run(null, deleteTask(1));

    assertThat(storage.exists("web_1.vmdk")).isTrue();
    assertThat(storage.exists("web_1-flat.vmdk")).isTrue();
  }

  @Test
  void cloneKeepsWhatItIsBasedOn() throws Exception {
    String frozen = VmDirectory.open(storage).disks().getFirst().chain().get(1).fileName();
    DeltaDisk.create(storage, frozen, "clone.vmdk", new SecureRandom());
    ByteBuffer content = read("clone.vmdk");
    ByteBuffer now = TestMachine.content(storage).getFirst();

    deletion(storage, OFF).run(null, deleteTask(1));
    deletion(storage, OFF).run(null, deleteTask(2));

    assertThat(read("clone.vmdk")).isEqualTo(content);
    assertThat(TestMachine.content(storage).getFirst()).isEqualTo(now);
  }

  private ByteBuffer read(String descriptor) throws IOException {
    ByteBuffer all = ByteBuffer.allocate((int) TestMachine.CAPACITY);
    try (LayeredDisk disk = VmdkChain.open(storage, descriptor)) {
      disk.read(all, 0);
    }
    return all.flip();
  }
}
