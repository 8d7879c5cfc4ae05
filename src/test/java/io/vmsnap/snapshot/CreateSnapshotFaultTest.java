package io.vmsnap.snapshot;

import static io.vmsnap.snapshot.TestMachine.content;
import static io.vmsnap.snapshot.TestMachine.guestWrites;
import static io.vmsnap.snapshot.TestMachine.prepare;
import static io.vmsnap.snapshot.TestMachine.snapshot;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.hypervisor.NodeName;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.Phase;
import io.vmsnap.storage.FaultTally;
import io.vmsnap.storage.FaultyStorage;
import io.vmsnap.storage.FaultyStorage.Fault;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.MutantStorage;
import io.vmsnap.storage.PowerCut;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The third snapshot of a machine with two disks fails at its first, second, third ... changing
 * operation. Whatever happened, after recovery all content is there, and the snapshot either exists
 * or left no trace.
 */
class CreateSnapshotFaultTest {
  @RegisterExtension static final FaultTally TALLY = new FaultTally();

  private static final int DISKS = 2;

  private List<ByteBuffer> first;
  private List<ByteBuffer> second;
  private List<ByteBuffer> now;
  private MemoryStorage template;
  private FaultTally tally = TALLY;
  private int cases;

  @ParameterizedTest
  @EnumSource(Fault.class)
  void everyOperationMayFailOnAMachineThatIsOff(Fault fault) throws Exception {
    int operations = operationsOf(null);
    for (int n = 1; n <= operations; n++) {
      MemoryStorage disk = machine();
      attempt(new FaultyStorage(disk, fault).failAt(n), VmConnector.POWERED_OFF, n);

      recover(disk, VmConnector.POWERED_OFF);

      verify(disk, fault + " at operation " + n);
      retry(disk, VmConnector.POWERED_OFF);
    }
    assertThat(cases).isEqualTo(operations).isGreaterThan(50);
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void everyOperationMayFailOnARunningMachine(Fault fault) throws Exception {
    int operations = operationsOf(new FakeVm());
    for (int n = 1; n <= operations; n++) {
      MemoryStorage disk = machine();
      FakeVm vm = FakeVm.startedOn(disk);
      attempt(new FaultyStorage(disk, fault).failAt(n), vm, n);

      recover(disk, vm);

      verify(disk, fault + " at operation " + n);
      verifyGraph(disk, vm);
      retry(disk, vm);
      verifyGraph(disk, vm);
    }
    assertThat(cases).isEqualTo(operations);
  }

  /** The machine dies with the job: the next start recovers without it. */
  @Test
  void machineMayDieAtEveryOperationToo() throws Exception {
    int operations = operationsOf(new FakeVm());
    for (int n = 1; n <= operations; n++) {
      MemoryStorage disk = machine();
      attempt(new FaultyStorage(disk, Fault.DEATH).failAt(n), FakeVm.startedOn(disk), n);

      recover(disk, VmConnector.POWERED_OFF);

      verify(disk, "death at operation " + n);
      retry(disk, VmConnector.POWERED_OFF);
    }
    assertThat(cases).isEqualTo(operations);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void powerMayFailAtEveryOperation(long seed) throws Exception {
    int operations = operationsOf(null);
    for (int n = 1; n <= operations; n++) {
      MemoryStorage disk = machine();
      attempt(new FaultyStorage(disk, Fault.DEATH).failAt(n), VmConnector.POWERED_OFF, n);
      MemoryStorage lost = disk.powerCut(PowerCut.LOSE_ALL);
      MemoryStorage shuffled = disk.powerCut(PowerCut.random(seed * 10_000 + n));

      for (MemoryStorage after : List.of(lost, shuffled)) {
        recover(after, VmConnector.POWERED_OFF);

        verify(after, "seed " + seed + ", power cut at operation " + n);
        retry(after, VmConnector.POWERED_OFF);
      }
    }
    assertThat(cases).isEqualTo(2 * operations);
  }

  /** Recovery is cut off as often as the operation was. */
  @Test
  void recoveryMayFailAtEveryOperation() throws Exception {
    int operations = operationsOf(null);
    for (int n = 1; n <= operations; n += 5) {
      for (int m = 1; ; m++) {
        MemoryStorage disk = machine();
        attempt(new FaultyStorage(disk, Fault.DEATH).failAt(n), VmConnector.POWERED_OFF, n);
        FaultyStorage dying = new FaultyStorage(disk, Fault.DEATH).failAt(m);
        try {
          recover(dying, VmConnector.POWERED_OFF);
          assertThat(dying.struck()).isFalse();
        } catch (FaultyStorage.InjectedFault e) {
          // expected until m is beyond the last operation
        }
        MemoryStorage after = disk.powerCut(PowerCut.random(n * 1000L + m));

        recover(after, VmConnector.POWERED_OFF);

        verify(after, "operation " + n + ", then recovery at " + m);
        if (!dying.struck()) {
          break;
        }
      }
    }
    assertThat(cases).isGreaterThan(operations);
  }

  /** Defects that the power cuts above have to find. */
  private enum Defect {
    JOURNAL_NOT_SYNCED,
    TEXTS_NOT_SYNCED,
    DELTAS_NOT_SYNCED,
    FOLDERS_NOT_SYNCED,
    SWITCHING_NOT_JOURNALED;

    VmStorage in(VmStorage storage) {
      return switch (this) {
        case JOURNAL_NOT_SYNCED ->
            MutantStorage.withoutSync(storage, name -> name.startsWith(Journal.FILE));
        case TEXTS_NOT_SYNCED ->
            MutantStorage.withoutSync(storage, name -> name.matches("web\\.vm(x|sd)~"));
        case DELTAS_NOT_SYNCED ->
            MutantStorage.withoutSync(storage, name -> name.matches("web(_1)?-000003.*"));
        case FOLDERS_NOT_SYNCED -> MutantStorage.withoutFolderSync(storage);
        case SWITCHING_NOT_JOURNALED ->
            MutantStorage.withoutRename(
                storage,
                name ->
                    name.startsWith(Journal.FILE)
                        && new String(
                                WholeFile.read(storage, name, 1 << 20), StandardCharsets.UTF_8)
                            .contains(Phase.SWITCHING.name()));
      };
    }
  }

  /** With a defect put into the engine's writes, the same check fails: it can. */
  @ParameterizedTest
  @EnumSource(Defect.class)
  void checkGoesRedOnADefect(Defect defect) throws Exception {
    int operations = operationsOf(null);
    tally = new FaultTally(); // these failures are wanted
    for (int n = 1; n <= operations; n++) {
      MemoryStorage disk = machine();
      VmStorage dying = new FaultyStorage(disk, Fault.DEATH).failAt(n);
      try {
        snapshot(defect.in(dying), VmConnector.POWERED_OFF, "r-3");
      } catch (IOException e) {
        // as ordered
      }
      for (PowerCut cut : List.of(PowerCut.LOSE_ALL, PowerCut.random(n))) {
        if (isNoticed(disk.powerCut(cut))) {
          System.out.printf("%s: noticed after a power cut at operation %d%n", defect, n);
          return;
        }
      }
    }
    throw new AssertionError(defect + " was not noticed at any of " + operations + " operations");
  }

  private boolean isNoticed(MemoryStorage after) {
    try {
      recover(after, VmConnector.POWERED_OFF);
      verify(after, "with a defect");
      return false;
    } catch (IOException | AssertionError e) {
      return true;
    }
  }

  /** A fresh copy of the same machine. */
  private MemoryStorage machine() throws Exception {
    if (template == null) {
      template = build();
    }
    return template.powerCut(PowerCut.random(0)); // all of it is durable, so nothing is lost
  }

  private MemoryStorage build() throws Exception {
    MemoryStorage storage = new MemoryStorage();
    prepare(storage, DISKS);
    guestWrites(storage, 1);
    first = content(storage);
    snapshot(storage, VmConnector.POWERED_OFF, "r-1");
    guestWrites(storage, 2);
    second = content(storage);
    snapshot(storage, VmConnector.POWERED_OFF, "r-2");
    guestWrites(storage, 3);
    now = content(storage);
    assertThat(content(storage.powerCut(PowerCut.LOSE_ALL))).isEqualTo(now);
    return storage;
  }

  private int operationsOf(FakeVm vm) throws Exception {
    MemoryStorage disk = machine();
    FaultyStorage counting = new FaultyStorage(disk, Fault.DEATH).failAt(Integer.MAX_VALUE);
    snapshot(counting, vm == null ? VmConnector.POWERED_OFF : FakeVm.startedOn(disk), "r-3");
    return counting.operations();
  }

  private static void attempt(FaultyStorage storage, VmConnector vm, int n)
      throws RefusedException {
    try {
      snapshot(storage, vm, "r-3");
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
    cases++;
    tally.tried();
    tally.same(content(disk), now, where);
    tally.same(content(disk, 1), first, where);
    tally.same(content(disk, 2), second, where);
    assertThat(disk.exists(Journal.FILE)).as(where).isFalse();
    VmDirectory directory = VmDirectory.open(disk);
    boolean taken = directory.vmsd().snapshot(3).isPresent();
    if (taken) {
      tally.same(content(disk, 3), now, where);
      assertThat(disk.isReadOnly("web-000002-delta.vmdk")).as(where).isTrue();
    }
    for (int k = 0; k < DISKS; k++) {
      String stem = k == 0 ? "web" : "web_1";
      for (String file :
          List.of(stem + "-000003.vmdk", stem + "-000003-delta.vmdk", "web-Snapshot3.vmsn")) {
        assertThat(disk.exists(file)).as(where + ": " + file).isEqualTo(taken);
      }
      assertThat(disk.exists(".vmsnap/" + stem + "-000003.idx")).as(where).isEqualTo(taken);
    }
    assertThat(directory.vmsd().snapshots())
        .extracting(SnapshotEntry::uid)
        .as(where)
        .hasSize(taken ? 3 : 2);
  }

  private static void verifyGraph(MemoryStorage disk, FakeVm vm) throws IOException {
    for (VmDisk d : VmDirectory.open(disk).disks()) {
      assertThat(vm.active(d.address().toString())).isEqualTo(NodeName.of(d.active().fileName()));
    }
  }

  private void retry(MemoryStorage disk, VmConnector vm) throws Exception {
    assertThat(snapshot(disk, vm, "r-3").uid()).isEqualTo(3);
    tally.same(content(disk, 3), now, "tried again");
    assertThat(VmDirectory.open(disk).vmsd().snapshots()).hasSize(3);
  }
}
