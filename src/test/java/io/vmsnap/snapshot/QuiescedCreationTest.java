package io.vmsnap.snapshot;

import static io.vmsnap.snapshot.TestMachine.content;
import static io.vmsnap.snapshot.TestMachine.creation;
import static io.vmsnap.snapshot.TestMachine.guestWrites;
import static io.vmsnap.snapshot.TestMachine.prepare;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.QuiesceException;
import io.vmsnap.hypervisor.Quiescer;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.storage.FaultyStorage;
import io.vmsnap.storage.FaultyStorage.Fault;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.SnapshotResult;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a snapshot whose guest can be frozen, or cannot, or does not stay so. */
class QuiescedCreationTest {
  private final MemoryStorage storage = new MemoryStorage();
  private Guest guest;
  private List<ByteBuffer> before;

  @BeforeEach
  void runningMachine() throws Exception {
    prepare(storage, 2);
    guestWrites(storage, 1);
    guest = new Guest(FakeVm.startedOn(storage));
  }

  @ParameterizedTest
  @EnumSource(names = {"BestEffort", "Required"})
  void frozenGuestIsSwitchedAndThawed(Policy policy) throws Exception {
    SnapshotResult result = snapshot(policy);

    assertThat(guest.calls).containsExactly("freeze 7 s", "thaw", "close");
    assertThat(result.consistency()).isEqualTo("FileSystem");
    assertThat(result.quiesce().quiesced()).isTrue();
    assertThat(result.quiesce().reason()).isEqualTo("Frozen");
    assertThat(result.quiesce().fileSystems()).isEqualTo(2);
    assertThat(result.quiesce().flushMillis()).isNotNegative();
    assertThat(result.quiesce().thawMillis()).isNotNegative();
    assertThat(result.timing().freezeMillis()).isPositive();
    assertThat(entry().property(SnapshotEntry.CONSISTENCY)).contains("FileSystem");
  }

  @Test
  void repeatedRequestIsAnsweredWithoutFreezingAgain() throws Exception {
    snapshot(Policy.Required);
    guest.calls.clear();

    SnapshotResult again = snapshot(Policy.Required);

    assertThat(guest.calls).isEmpty();
    assertThat(again.consistency()).isEqualTo("FileSystem");
  }

  @ParameterizedTest
  @EnumSource(Failure.class)
  void bestEffortGoesOnAndSaysWhy(Failure failure) throws Exception {
    guest.failure = failure;

    SnapshotResult result = snapshot(Policy.BestEffort);

    assertThat(result.consistency()).isEqualTo("Crash");
    assertThat(result.quiesce().quiesced()).isFalse();
    assertThat(result.quiesce().reason()).isEqualTo(failure.reason.name());
    assertThat(result.quiesce().message()).isNotBlank();
    assertThat(entry().property(SnapshotEntry.CONSISTENCY)).isNotEqualTo(Optional.of("FileSystem"));
    assertThat(guest.open).as("nothing keeps the guest frozen").isZero();
  }

  @ParameterizedTest
  @EnumSource(
      value = Failure.class,
      names = {"THAWED_EARLY", "LOST"},
      mode = EnumSource.Mode.EXCLUDE)
  void requiredIsRefusedBeforeAnythingSwitches(Failure failure) throws Exception {
    before = content(storage);
    List<String> files = storage.list("");
    guest.failure = failure;

    RefusedException e =
        catchThrowableOfType(RefusedException.class, () -> snapshot(Policy.Required));

    assertThat(e.reason()).isEqualTo(failure.reason);
    assertThat(guest.vm.switches()).isZero();
    assertThat(guest.open).isZero();
    assertThat(content(storage)).isEqualTo(before);
    assertThat(storage.list("")).isEqualTo(files);
    assertThat(storage.exists(Journal.FILE)).isFalse();
  }

  @ParameterizedTest
  @EnumSource(names = {"THAWED_EARLY", "LOST"})
  void requiredIsTakenBackIfTheGuestDidNotStayFrozen(Failure failure) throws Exception {
    before = content(storage);
    List<String> files = storage.list("");
    guest.failure = failure;

    RefusedException e =
        catchThrowableOfType(RefusedException.class, () -> snapshot(Policy.Required));

    assertThat(e.reason()).isEqualTo(TaskReason.ThawedEarly);
    assertThat(guest.open).isZero();
    assertThat(content(storage)).isEqualTo(before);
    assertThat(storage.list("")).isEqualTo(files);
    assertThat(storage.exists(Journal.FILE)).isFalse();
    assertThat(VmDirectory.open(storage).vmsd().snapshots()).isEmpty();
  }

  @Test
  void machineThatRefusesTheSwitchIsThawed() throws Exception {
    guest.vm.failBefore(new HypervisorException("no", false, null));

    assertThatThrownBy(() -> snapshot(Policy.Required)).isInstanceOf(HypervisorException.class);

    assertThat(guest.open).isZero();
    assertThat(storage.exists(Journal.FILE)).isFalse();
  }

  @Test
  void machineThatIsOffHasNothingToFreeze() throws Exception {
    SnapshotResult result =
        creation(storage, VmConnector.POWERED_OFF).run(null, task(Policy.Required));

    assertThat(result.quiesce().reason()).isEqualTo("PoweredOff");
    assertThat(result.quiesce().quiesced()).isFalse();
    assertThat(result.timing().freezeMillis()).isNull();
  }

  /**
   * Wherever the job dies, with or without the machine: nothing keeps the guest frozen, and a
   * snapshot that had to be quiesced exists only if it is.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void jobMayDieAtEveryOperation(boolean machineLives) throws Exception {
    int operations = attempt(new MemoryStorage(), Integer.MAX_VALUE);
    int taken = 0;
    for (int n = 1; n <= operations; n++) {
      MemoryStorage disk = new MemoryStorage();
      attempt(disk, n);
      assertThat(guest.open).as("death %d", n).isZero();
      try (OperationLock lock = OperationLock.tryAcquire(disk).orElseThrow()) {
        new Recovery(disk, lock).recover(machineLives ? guest : VmConnector.POWERED_OFF);
      }
      assertThat(content(disk)).as("death %d", n).isEqualTo(before);
      assertThat(disk.exists(Journal.FILE)).isFalse();
      Optional<SnapshotEntry> snapshot = VmDirectory.open(disk).vmsd().snapshot(1);
      if (snapshot.isPresent()) {
        taken++;
        assertThat(snapshot.get().property(SnapshotEntry.CONSISTENCY))
            .as("death %d", n)
            .contains("FileSystem");
        assertThat(content(disk, 1)).isEqualTo(before);
      }
    }
    assertThat(operations).isGreaterThan(30);
    assertThat(taken).isBetween(5, operations - 5);
  }

  /** Wherever the job dies, the next one tells what became of the wish, never less. */
  @ParameterizedTest
  @EnumSource(
      value = Failure.class,
      names = {"NO_AGENT", "THAWED_EARLY"})
  void nextJobTellsOfBestEffortThatItsForerunnerDidNotLiveToTell(Failure failure) throws Exception {
    int operations = attempt(new MemoryStorage(), Integer.MAX_VALUE, Policy.BestEffort, failure);
    int told = 0;
    for (int n = 1; n <= operations; n++) {
      MemoryStorage disk = new MemoryStorage();
      attempt(disk, n, Policy.BestEffort, failure);

      SnapshotResult result = creation(disk, guest).run(null, task(Policy.BestEffort));

      assertThat(result.consistency()).as("death %d", n).isEqualTo("Crash");
      assertThat(result.quiesce().quiesced()).as("death %d", n).isFalse();
      assertThat(result.quiesce().reason()).as("death %d", n).isEqualTo(failure.reason.name());
      assertThat(result.quiesce().message()).as("death %d", n).isNotBlank();
      told += guest.vm.switches() == 1 ? 1 : 0;
    }
    assertThat(told).isPositive();
  }

  /** Returns how many operations there were. */
  private int attempt(MemoryStorage disk, int failAt) throws Exception {
    return attempt(disk, failAt, Policy.Required, null);
  }

  private int attempt(MemoryStorage disk, int failAt, Policy policy, Failure failure)
      throws Exception {
    prepare(disk, 2);
    guestWrites(disk, 1);
    before = content(disk);
    guest = new Guest(FakeVm.startedOn(disk));
    guest.failure = failure;
    FaultyStorage dying = new FaultyStorage(disk, Fault.DEATH).failAt(failAt);
    try {
      creation(dying, guest).run(null, task(policy));
    } catch (FaultyStorage.InjectedFault e) {
      // as ordered
    }
    return dying.operations();
  }

  private SnapshotResult snapshot(Policy policy) throws IOException, RefusedException {
    return creation(storage, guest).run(null, task(policy));
  }

  private static CreateSnapshotTask task(Policy policy) {
    return new CreateSnapshotTask("r-1", "s", "", false, policy.name(), 7, 60, 32, 20);
  }

  private SnapshotEntry entry() throws IOException {
    return VmDirectory.open(storage).vmsd().snapshot(1).orElseThrow();
  }

  private enum Policy {
    BestEffort,
    Required
  }

  private enum Failure {
    NO_AGENT(TaskReason.AgentNotConnected),
    REFUSED(TaskReason.FreezeFailed),
    NOTHING_TO_FREEZE(TaskReason.FreezeFailed),
    TOO_SLOW(TaskReason.FreezeTimeout),
    NO_RUNNER(TaskReason.AgentNotConnected),
    CUT_OFF(TaskReason.FreezeFailed),
    THAWED_EARLY(TaskReason.ThawedEarly),
    LOST(TaskReason.ThawedEarly);

    private final TaskReason reason;

    Failure(TaskReason reason) {
      this.reason = reason;
    }
  }

  /** A machine with an agent; records what is asked of it, in order. */
  private static final class Guest implements VmConnector, Quiescer {
    private final FakeVm vm;
    private final List<String> calls = new ArrayList<>();
    private Failure failure;
    private int open;

    Guest(FakeVm vm) {
      this.vm = vm;
    }

    @Override
    public Optional<RunningVm> connect() {
      return vm.connect();
    }

    @Override
    public Quiescer quiescer() throws IOException {
      if (failure == Failure.NO_RUNNER) {
        throw new HypervisorException("no runner answers", false, null);
      }
      open++;
      return this;
    }

    @Override
    public int freeze(Duration deadline) throws HypervisorException {
      calls.add("freeze " + deadline.toSeconds() + " s");
      assertThat(vm.switches()).as("frozen before the switch").isZero();
      return switch (failure) {
        case NO_AGENT -> throw failed(QuiesceException.Cause.AGENT_NOT_CONNECTED);
        case REFUSED -> throw failed(QuiesceException.Cause.FREEZE_FAILED);
        case TOO_SLOW -> throw failed(QuiesceException.Cause.FREEZE_TIMEOUT);
        case CUT_OFF -> throw new HypervisorException("the runner does not answer", true, null);
        case NOTHING_TO_FREEZE -> 0;
        case null, default -> 2;
      };
    }

    private static QuiesceException failed(QuiesceException.Cause why) {
      return new QuiesceException(why, "the agent's words", null);
    }

    @Override
    public boolean thaw() throws HypervisorException {
      calls.add("thaw");
      assertThat(vm.switches()).as("thawed after the switch").isEqualTo(1);
      if (failure == Failure.LOST) {
        throw new HypervisorException("the runner does not answer", true, null);
      }
      return failure != Failure.THAWED_EARLY;
    }

    @Override
    public void close() {
      calls.add("close");
      open--;
    }
  }
}
