package io.vmsnap.snapshot;

import static io.vmsnap.snapshot.TestMachine.content;
import static io.vmsnap.snapshot.TestMachine.guestWrites;
import static io.vmsnap.snapshot.TestMachine.prepare;
import static io.vmsnap.snapshot.TestMachine.snapshot;
import static io.vmsnap.snapshot.TestMachine.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.DeltaLayout;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.StorageLock;
import io.vmsnap.storage.VolumeSpace;
import io.vmsnap.task.SnapshotResult;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.DamagedFileException;
import io.vmsnap.vmdir.PowerState;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.SnapshotSize;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmsnFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SnapshotCreationTest {
  private final MemoryStorage storage = new MemoryStorage();

  @BeforeEach
  void machineWithTwoDisks() throws Exception {
    prepare(storage, 2);
    guestWrites(storage, 1);
  }

  @Test
  void machineThatIsOffGetsEmptyDeltas() throws Exception {
    assertThat(storage.size("web.vmsd")).isZero();
    List<ByteBuffer> before = content(storage);

    SnapshotResult result = snapshot(storage, VmConnector.POWERED_OFF, "r-1");

    assertThat(content(storage)).isEqualTo(before);
    assertThat(content(storage, 1)).isEqualTo(before);
    assertThat(result.uid()).isEqualTo(1);
    assertThat(result.parentUid()).isNull();
    assertThat(result.powerState()).isEqualTo("PoweredOff");
    assertThat(result.consistency()).isEqualTo("Crash");
    assertThat(result.timing().stunMillis()).isNull();
    assertThat(result.disks())
        .extracting(SnapshotResult.DiskResult::file)
        .containsExactly("web.vmdk", "web_1.vmdk");
    assertThat(result.disks())
        .extracting(SnapshotResult.DiskResult::writesTo)
        .containsExactly("web-000001.vmdk", "web_1-000001.vmdk");
    assertThat(result.disks())
        .extracting(SnapshotResult.DiskResult::name)
        .containsExactly("disk0", "disk1");
    assertThat(result.disks().getFirst().parentCid()).isEqualTo("ffffffff");
    assertThat(result.disks().getFirst().usedBytes()).isPositive();
    assertThat(result.storage().usedBytes())
        .as("what vmsnap tree shows for it")
        .isEqualTo(
            SnapshotSize.of(storage, VmDirectory.open(storage).vmsd().snapshots().getFirst())
                .bytes());
    assertThat(storage.exists(Journal.FILE)).isFalse();
    assertThat(storage.exists(ProgressFile.FILE)).isFalse();
  }

  @Test
  void laterWritesLeaveEverySnapshotAsItWas() throws Exception {
    List<ByteBuffer> first = content(storage);
    snapshot(storage, VmConnector.POWERED_OFF, "r-1");
    guestWrites(storage, 2);
    List<ByteBuffer> second = content(storage);
    snapshot(storage, VmConnector.POWERED_OFF, "r-2");
    guestWrites(storage, 3);

    assertThat(second).isNotEqualTo(first);
    assertThat(content(storage, 1)).isEqualTo(first);
    assertThat(content(storage, 2)).isEqualTo(second);
    assertThat(content(storage)).isNotEqualTo(second);
    VmDirectory directory = VmDirectory.open(storage);
    assertThat(directory.vmsd().lastUid()).isEqualTo(2);
    assertThat(directory.vmsd().snapshot(2).orElseThrow().parentUid()).isEqualTo(1);
    // disk0.fileName is the disk frozen by that snapshot
    assertThat(directory.vmsd().snapshot(2).orElseThrow().disks())
        .containsExactly(
            new SnapshotDisk("scsi0:0", "web-000001.vmdk"),
            new SnapshotDisk("scsi0:1", "web_1-000001.vmdk"));
  }

  @Test
  void frozenDisksAreReadOnlyAndSealed() throws Exception {
    snapshot(storage, VmConnector.POWERED_OFF, "r-1");
    guestWrites(storage, 2);
    snapshot(storage, VmConnector.POWERED_OFF, "r-2");

    for (String frozen :
        List.of(
            "web.vmdk",
            "web-flat.vmdk",
            "web_1-flat.vmdk",
            "web-000001.vmdk",
            "web-000001-delta.vmdk",
            ".vmsnap/web-000001.idx")) {
      assertThat(storage.isReadOnly(frozen)).as(frozen).isTrue();
    }
    for (String active : List.of("web-000002-delta.vmdk", ".vmsnap/web-000002.idx")) {
      assertThat(storage.isReadOnly(active)).as(active).isFalse();
    }
    assertThat(DeltaDisk.open(storage, "web-000001.vmdk").header(storage).uncleanShutdown())
        .isFalse();
  }

  @Test
  void newDeltaHasTheFirstStep() throws Exception {
    snapshot(storage, VmConnector.POWERED_OFF, "r-1");

    // A disk of 256 KiB: the 16 MiB step is capped at tables plus capacity.
    DeltaDisk small = DeltaDisk.open(storage, "web-000001.vmdk");
    assertThat(storage.size("web-000001-delta.vmdk")).isEqualTo(small.layout().maxFileSize());
    assertThat(new DeltaLayout(1L << 30).initialFileSize()).isEqualTo(16 << 20);
  }

  @Test
  void stateFileKeepsTheHardwareAsItWas() throws Exception {
    byte[] vmx = storage.content("web.vmx");

    snapshot(storage, VmConnector.POWERED_OFF, "r-1");

    VmsnFile state = VmsnFile.read(storage, "web-Snapshot1.vmsn");
    assertThat(state.configuration()).isEqualTo(vmx);
    assertThat(state.snapshotUid()).isEqualTo(1);
    assertThat(state.powerState()).isEqualTo(PowerState.PoweredOff);
    assertThat(state.vmUuid()).hasToString("564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7");
  }

  @Test
  void sameRequestMakesOneSnapshot() throws Exception {
    SnapshotResult first = snapshot(storage, VmConnector.POWERED_OFF, "r-1");
    SnapshotResult again = snapshot(storage, VmConnector.POWERED_OFF, "r-1");

    assertThat(again.uid()).isEqualTo(first.uid());
    assertThat(again.disks()).isEqualTo(first.disks());
    assertThat(again.createTime()).isEqualTo(first.createTime());
    assertThat(VmDirectory.open(storage).vmsd().snapshots()).hasSize(1);
  }

  @Test
  void runningMachineIsSwitchedOnce() throws Exception {
    FakeVm vm = FakeVm.startedOn(storage);

    SnapshotResult result = snapshot(storage, vm, "r-1");

    assertThat(vm.switches()).isEqualTo(1);
    assertThat(vm.active("scsi0:0")).isEqualTo("n-web-000001");
    assertThat(vm.active("scsi0:1")).isEqualTo("n-web_1-000001");
    assertThat(vm.openConnections()).isZero();
    assertThat(result.powerState()).isEqualTo("PoweredOn");
    assertThat(result.timing().stunMillis()).isEqualTo(7.0);
    // The machine writes the delta now, so its tables must say that they lag behind.
    assertThat(DeltaDisk.open(storage, "web-000001.vmdk").header(storage).uncleanShutdown())
        .isTrue();
  }

  @Test
  void refusalOfTheMachineLeavesTheDirectoryAsItWas() throws Exception {
    List<String> files = storage.list("");
    byte[] vmx = storage.content("web.vmx");
    FakeVm vm =
        FakeVm.startedOn(storage).failBefore(new HypervisorException("no node n-web", false, null));

    assertThatThrownBy(() -> snapshot(storage, vm, "r-1")).hasMessage("no node n-web");

    assertThat(storage.list("")).isEqualTo(files);
    assertThat(storage.list(".vmsnap")).doesNotContain("journal.json", "web-000001.idx");
    assertThat(storage.content("web.vmx")).isEqualTo(vmx);
    assertThat(storage.size("web.vmsd")).isZero();
    assertThat(snapshot(storage, vm, "r-1").uid()).isEqualTo(1);
  }

  @Test
  void switchWithUnknownOutcomeIsFinishedByTheNextAttempt() throws Exception {
    List<ByteBuffer> before = content(storage);
    FakeVm switched =
        FakeVm.startedOn(storage).failAfter(new HypervisorException("hung up", true, null));

    assertThatThrownBy(() -> snapshot(storage, switched, "r-1")).hasMessage("hung up");
    assertThat(storage.exists(Journal.FILE)).isTrue();
    SnapshotResult result = snapshot(storage, switched, "r-1");

    assertThat(result.uid()).isEqualTo(1);
    assertThat(switched.switches()).isEqualTo(1);
    assertThat(content(storage, 1)).isEqualTo(before);
  }

  @Test
  void switchThatNeverReachedTheMachineIsMadeByTheNextAttempt() throws Exception {
    FakeVm silent =
        FakeVm.startedOn(storage).failBefore(new HypervisorException("hung up", true, null));

    assertThatThrownBy(() -> snapshot(storage, silent, "r-1")).hasMessage("hung up");
    SnapshotResult result = snapshot(storage, silent, "r-1");

    assertThat(result.uid()).isEqualTo(1);
    assertThat(silent.switches()).isEqualTo(1);
    assertThat(silent.active("scsi0:0")).isEqualTo("n-web-000001");
  }

  @Test
  void refusalDuringRecoveryTakesTheSnapshotBack() throws Exception {
    FakeVm vm =
        FakeVm.startedOn(storage).failBefore(new HypervisorException("hung up", true, null));
    assertThatThrownBy(() -> snapshot(storage, vm, "r-1")).hasMessage("hung up");
    vm.failBefore(new HypervisorException("no", false, null));

    assertThatThrownBy(() -> snapshot(storage, vm, "r-1")).hasMessage("no");

    assertThat(storage.exists(Journal.FILE)).isFalse();
    assertThat(storage.exists("web-000001.vmdk")).isFalse();
    assertThat(snapshot(storage, vm, "r-1").uid()).isEqualTo(1);
  }

  @Test
  void machineWhoseDisksAreNotTheDirectorysIsRefused() throws Exception {
    FakeVm stale = FakeVm.startedOn(storage);
    snapshot(storage, VmConnector.POWERED_OFF, "r-1");

    assertThatThrownBy(() -> snapshot(storage, stale, "r-2"))
        .isInstanceOf(HypervisorException.class)
        .hasMessageContaining("n-web")
        .hasMessageContaining("web-000001.vmdk");
    assertThat(storage.exists(Journal.FILE)).isFalse();
  }

  @Test
  void machineInTheMiddleOfSomethingIsBusy() throws Exception {
    for (RunState state : List.of(RunState.OTHER, RunState.IO_ERROR)) {
      FakeVm vm = FakeVm.startedOn(storage).inState(state);

      assertThat(refusal(vm)).isEqualTo(TaskReason.VMBusy);
    }
    assertThat(snapshot(storage, FakeVm.startedOn(storage).inState(RunState.PAUSED), "r").uid())
        .isEqualTo(1);
  }

  @Test
  void lockOfAnotherOperationIsRespected() throws Exception {
    try (StorageLock held = storage.tryLock(OperationLock.FILE).orElseThrow()) {
      assertThat(held.isValid()).isTrue();
      assertThat(refusal(VmConnector.POWERED_OFF)).isEqualTo(TaskReason.VMBusy);
    }
  }

  @Test
  void lockThatIsGivenBackInTimeIsTaken() throws Exception {
    StorageLock held = storage.tryLock(OperationLock.FILE).orElseThrow();
    StopSignal stop = new StopSignal(Duration.ofMinutes(1));
    SnapshotCreation patient =
        new SnapshotCreation(
            storage, VmConnector.POWERED_OFF, Clock.systemUTC(), stop, Duration.ofSeconds(30));
    CompletableFuture<SnapshotResult> result =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return patient.run(null, task("r-1"));
              } catch (IOException | RefusedException e) {
                throw new CompletionException(e);
              }
            });

    held.close();

    assertThat(result.get(30, TimeUnit.SECONDS).uid()).isEqualTo(1);
  }

  @Test
  void machineThatWasNeverStartedIsPrepared() throws Exception {
    MemoryStorage empty = new MemoryStorage();

    SnapshotResult result =
        TestMachine.creation(empty, VmConnector.POWERED_OFF)
            .run(TestMachine.definition(1), task("r-1"));

    assertThat(result.disks()).hasSize(1);
    assertThat(empty.exists("web.vmx")).isTrue();
  }

  @Test
  void directoryOfAnotherMachineIsRefused() throws Exception {
    MemoryStorage other = new MemoryStorage().with("db.vmx", "");

    RefusedException refusal =
        catchThrowableOfType(
            RefusedException.class,
            () ->
                TestMachine.creation(other, VmConnector.POWERED_OFF)
                    .run(TestMachine.definition(1), task("r-1")));

    assertThat(refusal.reason()).isEqualTo(TaskReason.InvalidRequest);
    assertThat(refusal).hasMessageContaining("db.vmx");
  }

  @Test
  void staleHolderOfTheLockWritesNothing() throws Exception {
    OperationLock stale = OperationLock.tryAcquire(storage).orElseThrow();
    // another node took the volume over, with a lock table of its own
    storage.with(OperationLock.TOKEN_FILE, (stale.token() + 1) + "\n");

    assertThatThrownBy(stale::check).isInstanceOf(LockLostException.class);
    stale.close();
    try (OperationLock next = OperationLock.tryAcquire(storage).orElseThrow()) {
      assertThat(next.token()).isEqualTo(stale.token() + 2);
      next.check();
    }
  }

  @Test
  void fullVolumeIsRefusedBeforeAnythingIsWritten() throws Exception {
    storage.setSpace(new VolumeSpace(1 << 30, 100));
    List<String> files = storage.list("");

    assertThat(refusal(VmConnector.POWERED_OFF)).isEqualTo(TaskReason.InsufficientSpace);
    assertThat(storage.list("")).isEqualTo(files);
  }

  @Test
  void requestToStopIsHeededWhileItCanBeTakenBack() throws Exception {
    StopSignal stop = new StopSignal(Duration.ofMinutes(1));
    stop.request();
    StopSignal late = new StopSignal(Duration.ZERO);

    assertThat(refusal(stop)).isEqualTo(TaskReason.Interrupted);
    assertThat(refusal(late)).isEqualTo(TaskReason.TimedOut);
    assertThat(storage.exists("web-000001.vmdk")).isFalse();
  }

  @Test
  void damagedJournalStopsEverything() throws Exception {
    storage.with(Journal.FILE, "{\"version\":1,\"entry\":{},\"crc32c\":\"00000000\"}");

    assertThatThrownBy(() -> snapshot(storage, VmConnector.POWERED_OFF, "r-1"))
        .isInstanceOf(DamagedFileException.class)
        .hasMessageContaining("checksum");
  }

  @Test
  void missingExtentIsNoticedBeforeTheOperation() throws Exception {
    storage.delete("web_1-flat.vmdk");

    assertThatThrownBy(() -> snapshot(storage, VmConnector.POWERED_OFF, "r-1"))
        .hasMessageContaining("web_1-flat.vmdk");
    assertThat(storage.exists(Journal.FILE)).isFalse();
    assertThat(storage.exists("web-000001.vmdk")).isFalse();
  }

  private TaskReason refusal(VmConnector vm) {
    return catchThrowableOfType(RefusedException.class, () -> snapshot(storage, vm, "r-1"))
        .reason();
  }

  private TaskReason refusal(StopSignal stop) {
    SnapshotCreation creation =
        new SnapshotCreation(
            storage, VmConnector.POWERED_OFF, Clock.systemUTC(), stop, Duration.ZERO);
    return catchThrowableOfType(RefusedException.class, () -> creation.run(null, task("r-1")))
        .reason();
  }
}
