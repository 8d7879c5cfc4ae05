package io.vmsnap.snapshot;

import static io.vmsnap.snapshot.TestMachine.content;
import static io.vmsnap.snapshot.TestMachine.guestWrites;
import static io.vmsnap.snapshot.TestMachine.prepare;
import static io.vmsnap.snapshot.TestMachine.reversion;
import static io.vmsnap.snapshot.TestMachine.revert;
import static io.vmsnap.snapshot.TestMachine.revertTask;
import static io.vmsnap.snapshot.TestMachine.snapshot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.NodeName;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.storage.FaultTally;
import io.vmsnap.storage.FaultyStorage;
import io.vmsnap.storage.FaultyStorage.Fault;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.PowerCut;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.RevertLedger;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import io.vmsnap.vmdir.VmxFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A revert to the first of two snapshots of a machine with two disks fails at its first, second,
 * third ... changing operation. Whatever happened, after recovery every snapshot has its content,
 * and the machine is as it was or where the revert was to bring it, never anything else.
 */
class RevertSnapshotFaultTest {
  @RegisterExtension static final FaultTally TALLY = new FaultTally();

  private static final VmConnector OFF = VmConnector.POWERED_OFF;
  private static final String ID = "v-1";

  private List<ByteBuffer> first;
  private List<ByteBuffer> second;
  private List<ByteBuffer> now;

  /** What a machine sees that was promoted and ran. */
  private List<ByteBuffer> promoted;

  private MemoryStorage template;
  private int reverted;
  private int untouched;

  @BeforeEach
  void build() throws Exception {
    MemoryStorage storage = new MemoryStorage();
    prepare(storage, 2);
    guestWrites(storage, 1);
    first = content(storage);
    snapshot(storage, OFF, "r-1");
    guestWrites(storage, 2);
    second = content(storage);
    snapshot(storage, OFF, "r-2");
    guestWrites(storage, 3);
    now = content(storage);
    template = storage;
    MemoryStorage disk = machine();
    FakeVm vm = FakeVm.startedOn(disk);
    reversion(disk, vm).run(null, revertTask(ID, 1, "PoweredOn"));
    promoted = content(disk);
    assertThat(promoted).isNotEqualTo(first).isNotEqualTo(now);
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void everyOperationMayFailOnAMachineThatIsOff(Fault fault) throws Exception {
    int operations = operationsOf(false, "FromSnapshot");
    for (int n = 1; n <= operations; n++) {
      MemoryStorage disk = machine();
      attempt(new FaultyStorage(disk, fault).failAt(n), OFF, "FromSnapshot", n);

      recover(disk, OFF);

      verify(disk, fault + " at operation " + n);
      retry(disk);
    }
    assertThat(reverted).isPositive();
    assertThat(untouched).isPositive();
    assertThat(reverted + untouched).isEqualTo(operations).isGreaterThan(50);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void powerMayFailAtEveryOperation(long seed) throws Exception {
    int operations = operationsOf(false, "FromSnapshot");
    for (int n = 1; n <= operations; n++) {
      MemoryStorage disk = machine();
      attempt(new FaultyStorage(disk, Fault.DEATH).failAt(n), OFF, "FromSnapshot", n);
      for (MemoryStorage after :
          List.of(
              disk.powerCut(PowerCut.LOSE_ALL),
              disk.powerCut(PowerCut.random(seed * 10_000 + n)))) {
        recover(after, OFF);

        verify(after, "seed " + seed + ", power cut at operation " + n);
        retry(after);
      }
    }
  }

  /** Recovery is cut off as often as the operation was. */
  @Test
  void recoveryMayFailAtEveryOperation() throws Exception {
    int operations = operationsOf(false, "FromSnapshot");
    for (int n = 1; n <= operations; n += 4) {
      for (int m = 1; ; m++) {
        MemoryStorage disk = machine();
        attempt(new FaultyStorage(disk, Fault.DEATH).failAt(n), OFF, "FromSnapshot", n);
        FaultyStorage dying = new FaultyStorage(disk, Fault.DEATH).failAt(m);
        try {
          recover(dying, OFF);
          assertThat(dying.struck()).isFalse();
        } catch (FaultyStorage.InjectedFault e) {
          // expected until m is beyond the last operation
        }
        MemoryStorage after = disk.powerCut(PowerCut.random(n * 1000L + m));

        recover(after, OFF);

        verify(after, "operation " + n + ", then recovery at " + m);
        if (!dying.struck()) {
          break;
        }
      }
    }
  }

  /** The machine is replaced by one that runs; the job fails and the machine lives. */
  @ParameterizedTest
  @CsvSource({
    "IO_ERROR, PoweredOn",
    "DISK_FULL, PoweredOn",
    "DEATH, PoweredOn",
    "IO_ERROR, PoweredOff",
    "DEATH, PoweredOff"
  })
  void everyOperationMayFailOnARunningMachine(Fault fault, String power) throws Exception {
    int operations = operationsOf(true, power);
    for (int n = 1; n <= operations; n++) {
      MemoryStorage disk = machine();
      FakeVm vm = FakeVm.startedOn(disk);
      attempt(new FaultyStorage(disk, fault).failAt(n), vm, power, n);

      recover(disk, vm);

      String where = fault + " at operation " + n;
      verify(disk, where);
      verifyGraph(disk, vm, where);
      reversion(disk, vm).run(null, revertTask(ID, 1, power));
      verifyGraph(disk, vm, where);
    }
    assertThat(reverted).isPositive();
    assertThat(untouched).isPositive();
  }

  /** Job, runner and machine die together, with or without power. */
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3})
  void nodeMayDieAtEveryOperationOfARunningMachine(long seed) throws Exception {
    int operations = operationsOf(true, "PoweredOn");
    for (int n = 1; n <= operations; n++) {
      MemoryStorage disk = machine();
      withMemory(disk);
      attempt(
          new FaultyStorage(disk, Fault.DEATH).failAt(n),
          FakeVm.startedOn(disk),
          "FromSnapshot",
          n);
      verifyLedgerIsLast(disk, "operation " + n);
      MemoryStorage after = seed == 0 ? disk : disk.powerCut(PowerCut.random(seed * 10_000 + n));

      recover(after, OFF);

      verify(after, "seed " + seed + ", death at operation " + n);
      verifyMark(after, "seed " + seed + ", death at operation " + n);
    }
    assertThat(reverted).isPositive();
    assertThat(untouched).isPositive();
  }

  @Test
  void machineThatCannotBeMadeReadyLeavesTheOldOneAlone() throws Exception {
    MemoryStorage disk = machine();
    List<String> files = disk.list("");
    FakeVm vm =
        FakeVm.startedOn(disk).failPreparing(new HypervisorException("no memory", false, null));

    assertThatThrownBy(() -> reversion(disk, vm).run(null, revertTask(ID, 1, "PoweredOn")))
        .hasMessage("no memory");

    verify(disk, "not ready");
    assertThat(untouched).isEqualTo(1);
    assertThat(disk.list("")).isEqualTo(files);
    verifyGraph(disk, vm, "not ready");
  }

  @ParameterizedTest
  @CsvSource({
    "true,  false, 0", "true,  true, 0", // refused before anything happened
    "false, false, 1", "false, true, 1" // promoted, and the answer was lost
  })
  void promotionThatFails(boolean early, boolean unknown, int happened) throws Exception {
    MemoryStorage disk = machine();
    withMemory(disk);
    HypervisorException failure = new HypervisorException("gone", unknown, null);
    FakeVm vm = FakeVm.startedOn(disk);
    FakeVm failing = early ? vm.failBefore(failure) : vm.failAfter(failure);

    assertThatThrownBy(() -> reversion(disk, failing).run(null, revertTask(ID, 1, null)))
        .hasMessage("gone");

    verify(disk, "promotion");
    verifyMark(disk, "promotion");
    assertThat(reverted).isEqualTo(happened);
    assertThat(vm.hasCandidate()).isFalse();
    verifyGraph(disk, vm, "promotion");
    List<ByteBuffer> before = content(disk);
    reversion(disk, vm).run(null, revertTask(ID, 1, null));
    if (happened == 1) {
      assertThat(content(disk)).as("not reverted a second time").isEqualTo(before);
    }
  }

  /** A job that lost its lock must not promote what a later one has taken back. */
  @Test
  void whatWasMadeReadyByADeadJobNeverRuns() throws Exception {
    MemoryStorage disk = machine();
    FakeVm vm = FakeVm.startedOn(disk);
    int operations = operationsOf(true, "PoweredOn");
    attempt(new FaultyStorage(disk, Fault.DEATH).failAt(operations / 2), vm, "PoweredOn", 0);
    vm.replacement(); // the connection of the dead job is still open
    recover(disk, vm);

    assertThat(vm.hasCandidate()).isFalse();
    assertThatThrownBy(() -> vm.replacement().promote(null)).hasMessage("nothing is ready");
  }

  /** A fresh copy of the same machine. */
  private MemoryStorage machine() {
    return template.powerCut(PowerCut.random(0)); // all of it is durable, so nothing is lost
  }

  private int operationsOf(boolean live, String power) throws Exception {
    MemoryStorage disk = machine();
    FaultyStorage counting = new FaultyStorage(disk, Fault.DEATH).failAt(Integer.MAX_VALUE);
    reversion(counting, live ? FakeVm.startedOn(disk) : OFF).run(null, revertTask(ID, 1, power));
    return counting.operations();
  }

  private static void attempt(FaultyStorage storage, VmConnector vm, String power, int n)
      throws RefusedException {
    try {
      reversion(storage, vm).run(null, revertTask(ID, 1, power));
    } catch (IOException e) {
      assertThat(e).as("operation %d", n).isInstanceOf(FaultyStorage.InjectedFault.class);
    }
    assertThat(storage.struck()).isTrue();
  }

  private static void recover(VmStorage storage, VmConnector vm) throws IOException {
    try (OperationLock lock = OperationLock.tryAcquire(storage).orElseThrow()) {
      new Recovery(storage, lock).recover(vm);
    }
  }

  private void verify(MemoryStorage disk, String where) throws IOException {
    TALLY.tried();
    TALLY.same(content(disk, 1), first, where);
    TALLY.same(content(disk, 2), second, where);
    assertThat(disk.exists(Journal.FILE)).as(where).isFalse();
    assertThat(disk.exists(RevertPlan.STAGED_CONFIGURATION)).as(where).isFalse();
    assertThat(DirectoryChecker.check(disk, false))
        .as(where)
        // the memory of these machines is a mark in the history, nothing more
        .filteredOn(f -> !f.message().startsWith("holds no memory"))
        .noneMatch(f -> f.severity() == DirectoryFinding.Severity.ERROR)
        .noneMatch(f -> f.message().contains("is used by no disk") && !f.file().endsWith("~"));
    VmDirectory directory = VmDirectory.open(disk);
    long current = directory.vmsd().currentUid().orElseThrow();
    assertThat(RevertLedger.read(disk).find(ID).isPresent()).as(where).isEqualTo(current == 1);
    if (current == 1) {
      reverted++;
      TALLY.either(content(disk), first, promoted, where);
    } else {
      untouched++;
      assertThat(current).isEqualTo(2);
      TALLY.same(content(disk), now, where);
    }
  }

  /** Who looks on, as the runner does, takes the history for that of after a noted revert. */
  private static void verifyLedgerIsLast(MemoryStorage disk, String where) throws IOException {
    if (RevertLedger.read(disk).last().isPresent()) {
      assertThat(VmDirectory.readVmsd(disk, "web").currentUid()).as(where).hasValue(1L);
    }
  }

  /** Memory of the past over disks that moved on would be the worst of all outcomes. */
  private void verifyMark(MemoryStorage disk, String where) throws IOException {
    boolean marked = VmDirectory.readVmx(disk, "web").get(VmxFile.RESUME_FROM).isPresent();
    boolean reverted = VmDirectory.readVmsd(disk, "web").currentUid().orElseThrow() == 1;
    boolean ran = content(disk).equals(promoted);
    assertThat(marked).as(where).isEqualTo(reverted && !ran);
  }

  private static void verifyGraph(MemoryStorage disk, FakeVm vm, String where) throws IOException {
    if (vm.isOff()) {
      return;
    }
    for (VmDisk d : VmDirectory.open(disk).disks()) {
      assertThat(vm.active(d.address().toString()))
          .as(where)
          .isEqualTo(NodeName.of(d.active().fileName()));
    }
  }

  private void retry(MemoryStorage disk) throws Exception {
    assertThat(revert(disk, OFF, ID, 1).snapshotUid()).isEqualTo(1);
    assertThat(content(disk)).isEqualTo(first);
    assertThat(RevertLedger.read(disk).entries()).hasSize(1);
  }

  private static void withMemory(MemoryStorage disk) throws IOException {
    TestMachine.markMemory(disk, 0);
  }
}
