package io.vmsnap.snapshot;

import static io.vmsnap.snapshot.TestMachine.content;
import static io.vmsnap.snapshot.TestMachine.guestWrites;
import static io.vmsnap.snapshot.TestMachine.prepare;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.MachineReplacement;
import io.vmsnap.hypervisor.MemoryMethod;
import io.vmsnap.hypervisor.MemorySave;
import io.vmsnap.hypervisor.MemorySaveException;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.hypervisor.SavedMemory;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.Phase;
import io.vmsnap.storage.FaultTally;
import io.vmsnap.storage.FaultyStorage;
import io.vmsnap.storage.FaultyStorage.Fault;
import io.vmsnap.storage.MemoryStorage;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.SuspendTask;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmsnFile;
import io.vmsnap.vmdir.VmxFile;
import io.vmsnap.vmdir.memory.MemoryFile;
import io.vmsnap.vmdir.memory.SampleStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Suspending fails at its first, second, third ... changing operation. Afterwards the guest either
 * goes on and nothing of its memory is left, or it is off and its memory is whole; in no instant
 * does a guest run whose memory a configuration or a journal holds ready to be resumed.
 */
class SuspendFaultTest {
  @RegisterExtension static final FaultTally TALLY = new FaultTally();

  private static final String FILE = "web.vmss";

  private List<ByteBuffer> content;

  @ParameterizedTest
  @EnumSource(Fault.class)
  void everyOperationMayFail(Fault fault) throws Exception {
    int operations = operations();
    for (int n = 1; n <= operations; n++) {
      MemoryStorage disk = directory();
      Guest guest = new Guest(disk);
      attempt(new FaultyStorage(disk, fault).failAt(n), guest);

      recover(disk, guest);

      verify(disk, guest.on, fault + " at operation " + n);
      if (guest.on) {
        suspend(disk, guest);
        verify(disk, false, fault + " at operation " + n + ", tried again");
      }
    }
  }

  @Test
  void machineMayDieWithTheJob() throws Exception {
    int operations = operations();
    int suspended = 0;
    for (int n = 1; n <= operations; n++) {
      MemoryStorage disk = directory();
      attempt(new FaultyStorage(disk, Fault.DEATH).failAt(n), new Guest(disk));

      recover(disk, VmConnector.POWERED_OFF);

      boolean whole = disk.exists(FILE);
      suspended += whole ? 1 : 0;
      verify(disk, !whole, "death at operation " + n);
    }
    assertThat(suspended).isBetween(2, operations - 2);
  }

  /** The way back is cut off too. */
  @Test
  void jobMayDieWhileItGivesUp() throws Exception {
    int operations = operations();
    for (int n = 1; n <= operations; n++) {
      for (int m = n + 1; m <= n + 12; m++) {
        MemoryStorage disk = directory();
        Guest guest = new Guest(disk);
        attempt(
            new FaultyStorage(new FaultyStorage(disk, Fault.IO_ERROR).failAt(n), Fault.DEATH)
                .failAt(m),
            guest);

        recover(disk, guest);

        verify(disk, guest.on, "error at operation " + n + ", death at " + m);
      }
    }
  }

  @Test
  void memoryThatCannotBeWrittenLeavesTheGuestRunning() throws Exception {
    MemoryStorage disk = directory();
    Guest guest = new Guest(disk);
    guest.failure = new MemorySaveException("no space left on device", false, null);

    HypervisorException e =
        catchThrowableOfType(HypervisorException.class, () -> suspend(disk, guest));

    assertThat(e).hasMessageContaining("no space");
    verify(disk, true, "memory failed");
    assertThat(guest.running).isTrue();
  }

  @Test
  void secondRequestFindsItDoneAndAMachineThatIsOffHasNothing() throws Exception {
    MemoryStorage disk = directory();
    RefusedException off =
        catchThrowableOfType(RefusedException.class, () -> suspend(disk, VmConnector.POWERED_OFF));
    suspend(disk, new Guest(disk));

    suspend(disk, VmConnector.POWERED_OFF);

    assertThat(off.reason()).isEqualTo(TaskReason.MemoryNotAvailable);
    verify(disk, false, "asked twice");
  }

  @Test
  void checkReadsTheMemoryOfASuspendedMachine() throws Exception {
    MemoryStorage disk = directory();
    suspend(disk, new Guest(disk));
    assertThat(DirectoryChecker.check(disk, false)).isEmpty();

    byte[] bytes = disk.content(FILE);
    bytes[bytes.length - 3 * 4096] ^= 1;
    disk.with(FILE, bytes);
    assertThat(DirectoryChecker.check(disk, false))
        .singleElement()
        .matches(f -> f.file().equals(FILE) && f.severity() == DirectoryFinding.Severity.ERROR);

    disk.delete(FILE);
    assertThat(DirectoryChecker.check(disk, false))
        .singleElement()
        .matches(f -> f.message().contains("is missing"));
  }

  /** Left by a resume that died between taking the mark away and deleting the file. */
  @Test
  void memoryThatNothingNamesIsFoundAsLeftOver() throws Exception {
    MemoryStorage disk = directory();
    disk.with(FILE, new byte[4096]);

    assertThat(DirectoryChecker.check(disk, false))
        .singleElement()
        .matches(f -> f.file().equals(FILE) && f.severity() == DirectoryFinding.Severity.NOTICE);
  }

  private MemoryStorage directory() throws Exception {
    MemoryStorage disk = new MemoryStorage();
    prepare(disk, 1);
    guestWrites(disk, 1);
    content = content(disk);
    return disk;
  }

  private int operations() throws Exception {
    MemoryStorage disk = directory();
    FaultyStorage counting = new FaultyStorage(disk, Fault.DEATH).failAt(Integer.MAX_VALUE);
    suspend(counting, new Guest(disk));
    assertThat(counting.operations()).isGreaterThan(15);
    return counting.operations();
  }

  private static void attempt(VmStorage storage, Guest guest) throws RefusedException {
    try {
      suspend(storage, guest);
    } catch (IOException e) {
      // as ordered; what it left is looked at
    }
  }

  private static void suspend(VmStorage storage, VmConnector vm)
      throws IOException, RefusedException {
    new MachineSuspension(
            storage, vm, Clock.systemUTC(), new StopSignal(Duration.ofMinutes(1)), Duration.ZERO)
        .run(null, new SuspendTask("s-1", 60, 0));
  }

  private static void recover(VmStorage storage, VmConnector vm) throws IOException {
    try (OperationLock lock = OperationLock.tryAcquire(storage).orElseThrow()) {
      new Recovery(storage, lock).recover(vm);
    }
  }

  private void verify(MemoryStorage disk, boolean nothingKept, String where) throws IOException {
    Optional<String> mark = VmDirectory.readVmx(disk, "web").get(VmxFile.RESUME_FROM);
    assertThat(disk.exists(Journal.FILE)).as(where).isFalse();
    TALLY.tried();
    TALLY.same(content(disk), content, where);
    if (nothingKept) {
      assertThat(mark).as(where).isEmpty();
      assertThat(disk.exists(FILE)).as(where).isFalse();
    } else {
      assertThat(mark).as(where).contains(FILE);
      MemoryFile.checkAll(disk, FILE, VmsnFile.read(disk, FILE).memory(), bytes -> {});
    }
  }

  /** A machine of which only this is asked: to save itself, to go on, to be powered off. */
  private static final class Guest implements VmConnector {
    private final MemoryStorage disk;
    private HypervisorException failure;
    private boolean on = true;
    private boolean running = true;

    Guest(MemoryStorage disk) {
      this.disk = disk;
    }

    @Override
    public Optional<RunningVm> connect() {
      return on ? Optional.of(machine()) : Optional.empty();
    }

    private RunningVm machine() {
      return (RunningVm)
          Proxy.newProxyInstance(
              RunningVm.class.getClassLoader(),
              new Class<?>[] {RunningVm.class},
              (proxy, method, arguments) ->
                  switch (method.getName()) {
                    case "state" -> running ? RunState.RUNNING : RunState.OTHER;
                    case "suspend" -> save((MemorySave) arguments[0]);
                    case "abandonMemory" -> {
                      goOn();
                      yield null;
                    }
                    case "close" -> null;
                    default -> throw new UnsupportedOperationException(method.getName());
                  });
    }

    private SavedMemory save(MemorySave save) throws IOException {
      if (failure != null) {
        throw failure;
      }
      running = false;
      String name = save.file().getFileName().toString();
      try (StorageFile file = disk.open(name, OpenMode.READ_WRITE)) {
        SampleStream.write(file, save.offset());
      }
      return new SavedMemory(MemoryMethod.PRE_COPY, Duration.ZERO, 1, "10.0.2");
    }

    private void goOn() throws IOException {
      if (!running) {
        assertThat(VmDirectory.readVmx(disk, "web").get(VmxFile.RESUME_FROM)).isEmpty();
        assertThat(new Journal(disk).read().orElseThrow().phase())
            .as("the guest runs, so nobody may go forward any more")
            .isNotEqualTo(Phase.SWITCHING);
      }
      running = true;
    }

    @Override
    public MachineReplacement replacement() {
      return (MachineReplacement)
          Proxy.newProxyInstance(
              MachineReplacement.class.getClassLoader(),
              new Class<?>[] {MachineReplacement.class},
              (proxy, method, arguments) -> {
                if (method.getName().equals("powerOff")) {
                  assertThat(VmDirectory.readVmx(disk, "web").get(VmxFile.RESUME_FROM))
                      .contains(FILE);
                  on = false;
                }
                return null;
              });
    }
  }
}
