package io.vmsnap.snapshot;

import static io.vmsnap.snapshot.TestMachine.content;
import static io.vmsnap.snapshot.TestMachine.creation;
import static io.vmsnap.snapshot.TestMachine.guestWrites;
import static io.vmsnap.snapshot.TestMachine.prepare;
import static io.vmsnap.snapshot.TestMachine.snapshot;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.hypervisor.NodeName;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.storage.FaultTally;
import io.vmsnap.storage.FaultyStorage;
import io.vmsnap.storage.FaultyStorage.Fault;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.PowerCut;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import io.vmsnap.vmdir.VmsnFile;
import io.vmsnap.vmdir.memory.MemoryFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A snapshot with memory of a machine with two disks fails at its first, second, third ... changing
 * operation; its guest writes as soon as the disks have switched. Whatever happened, what the guest
 * wrote is there, and the snapshot exists with its memory, or left no trace: the chain is no longer
 * than the history.
 */
class MemorySnapshotFaultTest {
  @RegisterExtension static final FaultTally TALLY = new FaultTally();

  private static final int DISKS = 2;
  private static final int UID = 2;
  private static final String MEMORY = "web-Snapshot2.vmsn";

  private MemoryStorage template;
  private List<ByteBuffer> first;
  private List<ByteBuffer> before;
  private List<ByteBuffer> after;
  private int operations;
  private int taken;
  private int givenUp;

  @ParameterizedTest
  @EnumSource(Fault.class)
  void everyOperationMayFail(Fault fault) throws Exception {
    build();
    for (int n = 1; n <= operations; n++) {
      MemoryStorage disk = machine();
      FakeVm vm = FakeVm.startedOn(disk);
      attempt(new FaultyStorage(disk, fault).failAt(n), vm);

      recover(disk, vm);

      verify(disk, vm.hasWritten(), fault + " at operation " + n);
      verifyGraph(disk, vm);
    }
    assertBothEnds();
  }

  @Test
  void machineMayDieWithTheJob() throws Exception {
    build();
    for (int n = 1; n <= operations; n++) {
      MemoryStorage disk = machine();
      FakeVm vm = FakeVm.startedOn(disk);
      attempt(new FaultyStorage(disk, Fault.DEATH).failAt(n), vm);

      recover(disk, VmConnector.POWERED_OFF);

      verify(disk, vm.hasWritten(), "death at operation " + n);
    }
    assertBothEnds();
  }

  /** What the guest had synced is there; memory that was not durable is not taken for saved. */
  @Test
  void powerMayFail() throws Exception {
    build();
    for (int n = 1; n <= operations; n++) {
      MemoryStorage disk = machine();
      FakeVm vm = FakeVm.startedOn(disk);
      attempt(new FaultyStorage(disk, Fault.DEATH).failAt(n), vm);
      for (PowerCut cut : List.of(PowerCut.LOSE_ALL, PowerCut.random(n))) {
        MemoryStorage found = disk.powerCut(cut);

        recover(found, VmConnector.POWERED_OFF);

        verify(found, vm.hasWritten(), "power cut " + cut + " at operation " + n);
      }
    }
    assertBothEnds();
  }

  /** The merge of what the guest wrote is cut off too, by a power cut. */
  @Test
  void recoveryMayFail() throws Exception {
    build();
    for (int n = 1; n <= operations; n += 7) {
      for (int m = 1; ; m++) {
        MemoryStorage disk = machine();
        FakeVm vm = FakeVm.startedOn(disk);
        attempt(new FaultyStorage(disk, Fault.DEATH).failAt(n), vm);
        FaultyStorage dying = new FaultyStorage(disk, Fault.DEATH).failAt(m);
        try {
          recover(dying, VmConnector.POWERED_OFF);
        } catch (FaultyStorage.InjectedFault e) {
          // expected until m is beyond the last operation
        }
        MemoryStorage found = disk.powerCut(PowerCut.random(n * 1000L + m));

        recover(found, VmConnector.POWERED_OFF);

        verify(found, vm.hasWritten(), "operation " + n + ", then recovery at " + m);
        if (!dying.struck()) {
          break;
        }
      }
    }
    assertBothEnds();
  }

  private void assertBothEnds() {
    assertThat(taken).isPositive();
    assertThat(givenUp).isPositive();
  }

  private MemoryStorage machine() {
    return template.powerCut(PowerCut.random(0)); // all of it is durable, so nothing is lost
  }

  private void build() throws Exception {
    template = new MemoryStorage();
    prepare(template, DISKS);
    guestWrites(template, 1);
    first = content(template);
    snapshot(template, VmConnector.POWERED_OFF, "r-1");
    guestWrites(template, 2);
    before = content(template);
    MemoryStorage disk = machine();
    FaultyStorage counting = new FaultyStorage(disk, Fault.DEATH).failAt(Integer.MAX_VALUE);
    create(counting, FakeVm.startedOn(disk));
    after = content(disk);
    operations = counting.operations();
    assertThat(after).isNotEqualTo(before);
    assertThat(operations).isGreaterThan(50);
  }

  private static void create(VmStorage storage, VmConnector vm)
      throws IOException, RefusedException {
    creation(storage, vm)
        .run(null, new CreateSnapshotTask("r-2", "m", "", true, "None", 0, 60, 32, 20));
  }

  private static void attempt(FaultyStorage storage, VmConnector vm) {
    try {
      create(storage, vm);
    } catch (IOException | RefusedException e) {
      // as ordered; what it left is looked at
    }
    assertThat(storage.struck()).isTrue();
  }

  private static void recover(VmStorage storage, VmConnector vm) throws IOException {
    try (OperationLock lock = OperationLock.tryAcquire(storage).orElseThrow()) {
      new Recovery(storage, lock).recover(vm);
    }
  }

  private void verify(MemoryStorage disk, boolean wrote, String where) throws IOException {
    VmDirectory directory = VmDirectory.open(disk);
    boolean exists = directory.vmsd().snapshot(UID).isPresent();
    taken += exists ? 1 : 0;
    givenUp += wrote && !exists ? 1 : 0;
    assertThat(disk.exists(Journal.FILE)).as(where).isFalse();
    TALLY.tried();
    TALLY.same(content(disk), wrote ? after : before, where);
    TALLY.same(content(disk, 1), first, where);
    if (exists) {
      TALLY.same(content(disk, UID), before, where);
      MemoryFile.checkAll(disk, MEMORY, VmsnFile.read(disk, MEMORY).memory(), bytes -> {});
    }
    assertThat(disk.exists(MEMORY)).as(where).isEqualTo(exists);
    for (String stem : List.of("web", "web_1")) {
      assertThat(disk.exists(stem + "-000002.vmdk")).as(where).isEqualTo(exists);
      assertThat(disk.exists(stem + "-000002-delta.vmdk")).as(where).isEqualTo(exists);
      assertThat(disk.exists(".vmsnap/" + stem + "-000002.idx")).as(where).isEqualTo(exists);
    }
  }

  private static void verifyGraph(MemoryStorage disk, FakeVm vm) throws IOException {
    for (VmDisk d : VmDirectory.open(disk).disks()) {
      assertThat(vm.active(d.address().toString())).isEqualTo(NodeName.of(d.active().fileName()));
    }
  }
}
