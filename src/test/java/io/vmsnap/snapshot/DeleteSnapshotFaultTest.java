package io.vmsnap.snapshot;

import static io.vmsnap.snapshot.TestMachine.content;
import static io.vmsnap.snapshot.TestMachine.deletion;
import static io.vmsnap.snapshot.TestMachine.guestWrites;
import static io.vmsnap.snapshot.TestMachine.prepare;
import static io.vmsnap.snapshot.TestMachine.snapshot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.NodeName;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.storage.FaultTally;
import io.vmsnap.storage.FaultyStorage;
import io.vmsnap.storage.FaultyStorage.Fault;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.PowerCut;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.DeleteResult;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The first, the middle, the last or all of three snapshots of a machine with two disks are
 * deleted, and that fails at one changing operation after the other. Whatever happened, every
 * snapshot that is left and the running state read as before, and another try comes to the end.
 */
class DeleteSnapshotFaultTest {
  @RegisterExtension static final FaultTally TALLY = new FaultTally();

  private static final VmConnector OFF = VmConnector.POWERED_OFF;

  /**
   * 1 fails every operation; the default some of them, so that the test takes seconds, and others
   * in each run of a test.
   */
  private static final int STEP = Integer.getInteger("vmsnap.faultStep", 9);

  private final Map<Long, List<ByteBuffer>> states = new TreeMap<>();
  private List<ByteBuffer> template;
  private MemoryStorage built;

  /** What the guest sees now; changes when it writes. */
  private List<ByteBuffer> now;

  private int guestRuns;

  @BeforeEach
  void build() throws Exception {
    built = new MemoryStorage();
    prepare(built, 2);
    for (long uid = 1; uid <= 3; uid++) {
      guestWrites(built, uid);
      states.put(uid, content(built));
      snapshot(built, OFF, "r-" + uid);
    }
    guestWrites(built, 4);
    template = content(built);
  }

  @ParameterizedTest
  @CsvSource({
    "1, IO_ERROR", "2, IO_ERROR", "3, IO_ERROR", "0, IO_ERROR",
    "1, DISK_FULL", "2, DISK_FULL", "3, DISK_FULL", "0, DISK_FULL",
    "1, DEATH", "2, DEATH", "3, DEATH", "0, DEATH"
  })
  void everyOperationMayFailOnAMachineThatIsOff(long uid, Fault fault) throws Exception {
    int operations = operationsOf(uid, false);
    for (int n = first(4 * fault.ordinal() + uid); n <= operations; n += STEP) {
      MemoryStorage disk = machine();
      attempt(new FaultyStorage(disk, fault).failAt(n), OFF, uid);
      String where = fault + " at operation " + n;

      recover(disk, OFF);

      TALLY.tried();
      verify(disk, where);
      delete(disk, OFF, uid);
      verifyDeleted(disk, uid, where);
    }
    assertThat(operations).isGreaterThan(40);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2", "3, 3", "0, 4", "2, 0", "3, 0"})
  void powerMayFailAtEveryOperation(long uid, long seed) throws Exception {
    int operations = operationsOf(uid, false);
    for (int n = first(2 * seed + uid); n <= operations; n += STEP) {
      MemoryStorage disk = machine();
      attempt(new FaultyStorage(disk, Fault.DEATH).failAt(n), OFF, uid);
      MemoryStorage after =
          disk.powerCut(seed == 0 ? PowerCut.LOSE_ALL : PowerCut.random(seed * 10_000 + n));
      String where = "seed " + seed + ", power cut at operation " + n;

      recover(after, OFF);

      TALLY.tried();
      verify(after, where);
      // The machine may be started, and write, before the merge goes on.
      guestWrites(after, 99);
      now = content(after);
      verify(after, where);
      delete(after, OFF, uid);
      verifyDeleted(after, uid, where);
    }
  }

  /** Recovery is cut off as often as the operation was. */
  @ParameterizedTest
  @ValueSource(longs = {2, 3})
  void recoveryMayFailAtEveryOperation(long uid) throws Exception {
    int operations = operationsOf(uid, false);
    for (int n = 1; n <= operations; n += 5 * STEP) {
      for (int m = 1; ; m++) {
        MemoryStorage disk = machine();
        attempt(new FaultyStorage(disk, Fault.DEATH).failAt(n), OFF, uid);
        FaultyStorage dying = new FaultyStorage(disk, Fault.DEATH).failAt(m);
        try {
          recover(dying, OFF);
          assertThat(dying.struck()).isFalse();
        } catch (FaultyStorage.InjectedFault e) {
          // expected until m is beyond the last operation
        }
        MemoryStorage after = disk.powerCut(PowerCut.random(n * 1000L + m));

        recover(after, OFF);

        TALLY.tried();
        verify(after, "operation " + n + ", then recovery at " + m);
        if (!dying.struck()) {
          break;
        }
      }
    }
  }

  /** The job fails, and the machine and its guest go on. */
  @ParameterizedTest
  @CsvSource({
    "1, IO_ERROR",
    "2, IO_ERROR",
    "3, IO_ERROR",
    "0, IO_ERROR",
    "2, DISK_FULL",
    "3, DISK_FULL",
    "1, DEATH",
    "2, DEATH",
    "3, DEATH",
    "0, DEATH"
  })
  void everyOperationMayFailOnARunningMachine(long uid, Fault fault) throws Exception {
    int operations = operationsOf(uid, true);
    for (int n = first(4 * fault.ordinal() + uid); n <= operations; n += STEP) {
      MemoryStorage disk = machine();
      FakeVm vm = running(disk);
      attempt(new FaultyStorage(disk, fault).failAt(n), vm, uid);
      String where = fault + " at operation " + n;

      recover(disk, vm);

      TALLY.tried();
      verify(disk, where);
      verifyGraph(disk, vm, where);
      assertThat(vm.state()).as(where + ": no guest stands still").isEqualTo(RunState.RUNNING);
      delete(disk, vm, uid);
      verifyGraph(disk, vm, where);
      verifyDeleted(disk, uid, where);
      assertThat(vm.openConnections()).isZero();
    }
  }

  /** Job, runner and machine die together, with or without power. */
  @ParameterizedTest
  @CsvSource({"2, 0", "2, 1", "3, 0", "3, 1", "3, 2", "0, 0", "0, 1"})
  void nodeMayDieAtEveryOperationOfARunningMachine(long uid, long seed) throws Exception {
    int operations = operationsOf(uid, true);
    for (int n = first(3 * seed + uid); n <= operations; n += STEP) {
      MemoryStorage disk = machine();
      attempt(new FaultyStorage(disk, Fault.DEATH).failAt(n), running(disk), uid);
      MemoryStorage after = seed == 0 ? disk : disk.powerCut(PowerCut.random(seed * 10_000 + n));
      String where = "seed " + seed + ", death at operation " + n;

      recover(after, OFF);

      TALLY.tried();
      verify(after, where);
      delete(after, OFF, uid);
      verifyDeleted(after, uid, where);
    }
    if (uid == 3) {
      assertThat(guestRuns).as("the guest wrote after a pivot").isPositive();
    }
  }

  @ParameterizedTest
  @CsvSource({"2, true", "2, false", "3, true", "3, false"})
  void machineThatFailsLosesNothing(long uid, boolean early) throws Exception {
    MemoryStorage disk = machine();
    FakeVm vm = running(disk);
    HypervisorException failure = new HypervisorException("gone", !early, null);
    FakeVm failing = early ? vm.failBefore(failure) : vm.failAfter(failure);

    assertThatThrownBy(() -> delete(disk, failing, uid)).hasMessage("gone");

    recover(disk, vm);
    verify(disk, "failed");
    verifyGraph(disk, vm, "failed");
    delete(disk, vm, uid);
    verifyDeleted(disk, uid, "again");
    verifyGraph(disk, vm, "again");
  }

  @Test
  void twiceIsOnce() throws Exception {
    MemoryStorage disk = machine();
    DeleteResult first = delete(disk, OFF, 2);
    assertThat(first.removedUids()).containsExactly(2L);
    assertThat(first.mergedBytes()).isPositive();
    assertThat(first.freedBytes()).isPositive();
    assertThat(first.timing().stunMillis()).isNull();
    assertThat(first.pending()).isNull();

    DeleteResult second = delete(disk, OFF, 2);

    assertThat(second.removedUids()).isEmpty();
    assertThat(second.mergedBytes()).isZero();
    verifyDeleted(disk, 2, "twice");
  }

  private static int first(long run) {
    return 1 + (int) (run % STEP);
  }

  /** A fresh copy of the same machine. */
  private MemoryStorage machine() {
    now = template;
    return built.powerCut(PowerCut.random(0)); // all of it is durable, so nothing is lost
  }

  /** A machine whose guest writes as soon as it goes on after a pause. */
  private FakeVm running(MemoryStorage disk) throws IOException {
    FakeVm vm = FakeVm.startedOn(disk);
    return vm.guest(
        () -> {
          verifyGraph(disk, vm, "the guest runs");
          guestWrites(disk, 1000 + guestRuns++);
          now = content(disk);
        });
  }

  private int operationsOf(long uid, boolean live) throws Exception {
    MemoryStorage disk = machine();
    FaultyStorage counting = new FaultyStorage(disk, Fault.DEATH).failAt(Integer.MAX_VALUE);
    delete(counting, live ? running(disk) : OFF, uid);
    verifyDeleted(disk, uid, "without a fault");
    return counting.operations();
  }

  private static DeleteResult delete(VmStorage storage, VmConnector vm, long uid)
      throws IOException, RefusedException {
    return deletion(storage, vm).run(null, TestMachine.deleteTask(uid));
  }

  private static void attempt(FaultyStorage storage, VmConnector vm, long uid)
      throws RefusedException {
    try {
      delete(storage, vm, uid);
    } catch (FaultyStorage.InjectedFault e) {
      // expected
    } catch (IOException e) {
      assertThat(e).hasRootCauseInstanceOf(FaultyStorage.InjectedFault.class);
    }
    assertThat(storage.struck()).isTrue();
  }

  private static void recover(VmStorage storage, VmConnector vm) throws IOException {
    try (OperationLock lock = OperationLock.tryAcquire(storage).orElseThrow()) {
      new Recovery(storage, lock).recover(vm);
    }
  }

  private void verify(MemoryStorage disk, String where) throws IOException {
    for (SnapshotEntry snapshot : VmDirectory.open(disk).vmsd().snapshots()) {
      TALLY.same(
          content(disk, snapshot.uid()),
          states.get(snapshot.uid()),
          where + ": snapshot " + snapshot.uid());
    }
    TALLY.same(content(disk), now, where + ": running state");
    assertThat(disk.exists(Journal.FILE)).as(where).isFalse();
    assertThat(DirectoryChecker.check(disk, false))
        .as(where)
        .noneMatch(f -> f.severity() == DirectoryFinding.Severity.ERROR)
        .noneMatch(f -> f.message().contains("is used by no disk") && !f.file().endsWith("~"));
  }

  private void verifyDeleted(MemoryStorage disk, long uid, String where) throws IOException {
    verify(disk, where);
    VmDirectory directory = VmDirectory.open(disk);
    Set<Long> left = new java.util.TreeSet<>(uid == 0 ? Set.of() : states.keySet());
    left.remove(uid);
    assertThat(directory.vmsd().snapshots())
        .as(where)
        .extracting(SnapshotEntry::uid)
        .containsExactlyElementsOf(left);
    assertThat(directory.vmsd().lastUid()).isEqualTo(3);
    for (VmDisk d : directory.disks()) {
      assertThat(d.chain()).as(where + ": layers").hasSize(left.size() + 1);
    }
    assertThat(disk.exists("web.vmsd")).isTrue();
    assertThat(disk.exists("web-Snapshot" + uid + ".vmsn")).isFalse();
    assertThat(disk.list("").stream().filter(f -> f.endsWith(".vmdk")))
        .as(where)
        .hasSize(2 * 2 * (left.size() + 1));
    assertThat(DirectoryConsolidation.pending(directory)).as(where).isEmpty();
    verifyModes(disk, directory, where);
  }

  private static void verifyModes(MemoryStorage disk, VmDirectory directory, String where)
      throws IOException {
    for (VmDisk d : directory.disks()) {
      for (int i = 0; i < d.chain().size(); i++) {
        for (var extent : d.chain().get(i).extents()) {
          assertThat(disk.isReadOnly(extent.fileName()))
              .as(where + ": mode of " + extent.fileName())
              .isEqualTo(i < d.chain().size() - 1);
        }
      }
    }
  }

  private static void verifyGraph(MemoryStorage disk, FakeVm vm, String where) throws IOException {
    for (VmDisk d : VmDirectory.open(disk).disks()) {
      assertThat(vm.active(d.address().toString()))
          .as(where)
          .isEqualTo(NodeName.of(d.active().fileName()));
    }
  }
}
