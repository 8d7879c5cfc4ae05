package io.vmsnap.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmsnap.storage.FaultyStorage;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.DescribeSnapshotTask;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SnapshotDescriptionTest {
  private final MemoryStorage storage = new MemoryStorage();

  @BeforeEach
  void machineWithASnapshot() throws Exception {
    TestMachine.prepare(storage, 1);
    TestMachine.snapshot(storage, VmConnector.POWERED_OFF, "r-1");
  }

  @Test
  void descriptionReachesTheHistoryAndNothingElseChanges() throws Exception {
    SnapshotEntry before = entry();

    describe(storage, 1, "first \"clean\" state\nof März | 2026");
    assertThat(entry().description()).isEqualTo("first \"clean\" state\nof März | 2026");
    assertThat(VmDirectory.open(storage).vmsd().currentUid()).contains(1L);
    describe(storage, 1, "other");
    assertThat(entry().description()).isEqualTo("other");
    describe(storage, 1, null);

    assertThat(entry()).isEqualTo(before);
    assertThat(new String(VmDirectory.open(storage).vmsd().toBytes()))
        .doesNotContain("description");
  }

  @Test
  void nameChangesWithoutTheDescription() throws Exception {
    describe(storage, 1, "before the upgrade", "text");
    assertThat(entry().displayName()).isEqualTo("before the upgrade");
    describe(storage, 1, null, "text");
    assertThat(entry().displayName()).isEqualTo("before the upgrade");
    assertThat(entry().description()).isEqualTo("text");

    assertThat(
            catchThrowableOfType(RefusedException.class, () -> describe(storage, 1, " ", "text")))
        .hasMessage("displayName is missing");
    assertThat(entry().displayName()).isEqualTo("before the upgrade");
  }

  @Test
  void snapshotThatIsNotThereIsTheRequestsFault() {
    assertThat(
            catchThrowableOfType(RefusedException.class, () -> describe(storage, 2, "x")).reason())
        .isEqualTo(TaskReason.SnapshotNotFound);
  }

  @Test
  void crashLeavesTheOldTextOrTheNew() throws Exception {
    for (int n = 1; ; n++) {
      describe(storage, 1, "old");
      FaultyStorage faulty = new FaultyStorage(storage, FaultyStorage.Fault.DEATH).failAt(n);
      try {
        describe(faulty, 1, "new");
      } catch (FaultyStorage.InjectedFault e) {
        // as intended
      }
      assertThat(entry().description()).isIn("old", "new");
      if (!faulty.struck()) {
        assertThat(n).isGreaterThan(5);
        return;
      }
    }
  }

  private static void describe(VmStorage storage, long uid, String text)
      throws IOException, RefusedException {
    describe(storage, uid, null, text);
  }

  private static void describe(VmStorage storage, long uid, String name, String text)
      throws IOException, RefusedException {
    new SnapshotDescription(
            storage,
            VmConnector.POWERED_OFF,
            Clock.systemUTC(),
            new StopSignal(Duration.ofMinutes(1)),
            Duration.ZERO)
        .run(null, new DescribeSnapshotTask("d-1", uid, name, text, 60));
  }

  private SnapshotEntry entry() throws IOException {
    return VmDirectory.open(storage).vmsd().snapshots().getFirst();
  }
}
