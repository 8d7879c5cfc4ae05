package io.vmsnap.snapshot;

import static io.vmsnap.snapshot.TestMachine.content;
import static io.vmsnap.snapshot.TestMachine.guestWrites;
import static io.vmsnap.snapshot.TestMachine.prepare;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Operations on one directory at the same time, as of two operators: one writes, the others wait.
 */
class TwoAtOnceTest {
  private static final int JOBS = 4;

  /** Longer than all of them together take. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private Path directory;
  private List<ByteBuffer> before;

  @BeforeEach
  void machine() throws Exception {
    try (VmStorage storage = new LocalStorage(directory)) {
      prepare(storage, 2);
      guestWrites(storage, 1);
      before = content(storage);
    }
  }

  @Test
  void differentRequestsAreServedOneAfterTheOther() throws Exception {
    List<Callable<Object>> jobs = new ArrayList<>();
    for (int k = 1; k <= JOBS; k++) {
      String request = "r-" + k;
      jobs.add(() -> take(request));
    }

    assertThat(run(jobs)).containsOnlyNulls();

    try (VmStorage storage = new LocalStorage(directory)) {
      assertThat(VmDirectory.open(storage).vmsd().snapshots())
          .extracting(SnapshotEntry::uid)
          .containsExactly(1L, 2L, 3L, 4L);
      assertSame(storage, JOBS);
    }
  }

  @Test
  void sameRequestTwiceIsOneSnapshot() throws Exception {
    List<Callable<Object>> jobs = new ArrayList<>();
    for (int k = 1; k <= JOBS; k++) {
      jobs.add(() -> take("r-1"));
    }

    assertThat(run(jobs)).containsOnlyNulls();

    try (VmStorage storage = new LocalStorage(directory)) {
      assertThat(VmDirectory.open(storage).vmsd().snapshots()).hasSize(1);
      assertSame(storage, 1);
    }
  }

  /** It comes late, its snapshot is gone from the history, and somebody else is at work. */
  @Test
  void whoFindsTheDirectoryTakenSaysWhy() throws Exception {
    try (VmStorage storage = new LocalStorage(directory);
        OperationLock lock = OperationLock.tryAcquire(storage).orElseThrow()) {
      List<Callable<Object>> late =
          List.of(
              () -> creation(storage, Duration.ZERO).run(null, TestMachine.task("r-1")),
              () -> TestMachine.revert(storage, VmConnector.POWERED_OFF, "v-1", 1),
              () ->
                  TestMachine.deletion(storage, VmConnector.POWERED_OFF)
                      .run(null, TestMachine.deleteTask(1)),
              () -> DirectoryRepair.run(storage, VmConnector.POWERED_OFF));

      for (Object failure : run(late)) {
        assertThat(failure)
            .isInstanceOfSatisfying(
                RefusedException.class, e -> assertThat(e.reason()).isEqualTo(TaskReason.VMBusy));
      }
      lock.check(); // still ours
      assertThat(storage.exists(Journal.FILE)).isFalse();
      assertThat(content(storage)).isEqualTo(before);
    }
  }

  /** What a deleted snapshot's job asks for late is told to be gone, and done. */
  @Test
  void lateDeletionOfWhatIsGoneChangesNothing() throws Exception {
    try (VmStorage storage = new LocalStorage(directory)) {
      take("r-1");
      TestMachine.deletion(storage, VmConnector.POWERED_OFF).run(null, TestMachine.deleteTask(1));
      take("r-2");

      TestMachine.deletion(storage, VmConnector.POWERED_OFF).run(null, TestMachine.deleteTask(1));

      assertThat(VmDirectory.open(storage).vmsd().snapshots())
          .extracting(SnapshotEntry::uid)
          .containsExactly(2L);
      assertThat(content(storage, 2)).isEqualTo(before);
    }
  }

  private void assertSame(VmStorage storage, int snapshots) throws Exception {
    assertThat(content(storage)).isEqualTo(before);
    for (long uid = 1; uid <= snapshots; uid++) {
      assertThat(content(storage, uid)).isEqualTo(before);
    }
    assertThat(DirectoryChecker.check(storage, false))
        .noneMatch(f -> f.severity() == DirectoryFinding.Severity.ERROR);
  }

  private Object take(String request) throws Exception {
    try (VmStorage storage = new LocalStorage(directory)) {
      return creation(storage, PATIENCE).run(null, TestMachine.task(request));
    }
  }

  private static SnapshotCreation creation(VmStorage storage, Duration patience) {
    return new SnapshotCreation(
        storage,
        VmConnector.POWERED_OFF,
        Clock.systemUTC(),
        new StopSignal(PATIENCE.multipliedBy(2)),
        patience);
  }

  /** All at once; returns what each has thrown, or null. */
  private static List<Object> run(List<Callable<Object>> jobs) throws Exception {
    List<Object> failures = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(jobs.size())) {
      for (Future<Object> job : threads.invokeAll(jobs)) {
        failures.add(job.state() == Future.State.FAILED ? job.exceptionNow() : null);
      }
    }
    return failures;
  }
}
