package io.vmsnap.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.hypervisor.MemorySaveException;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.snapshot.DirectoryChecker;
import io.vmsnap.snapshot.DirectoryFinding;
import io.vmsnap.snapshot.Sealing;
import io.vmsnap.snapshot.SnapshotCreation;
import io.vmsnap.snapshot.StopSignal;
import io.vmsnap.snapshot.VmConnector;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.StorageLock;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.SnapshotResult;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.DirectoryFormat;
import io.vmsnap.vmdir.DirectoryPreparer;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import io.vmsnap.vmdir.VmsnFile;
import io.vmsnap.vmdir.memory.MemoryFile;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code memory: true} against a real QEMU whose disks are written all the time. */
@Timeout(240)
class MemorySnapshotQmpIT {
  private static final String FILE = "web-Snapshot1.vmsn";

  @TempDir Path folder;
  private LocalStorage storage;
  private StorageLock runnerLock;

  @BeforeEach
  void machine() throws Exception {
    storage = new LocalStorage(folder);
    new DirectoryPreparer(storage, SnapshotQmpIT.definition()).prepare();
    runnerLock = storage.tryLock(DirectoryFormat.RUNNER_LOCK).orElseThrow();
  }

  @AfterEach
  void release() throws Exception {
    runnerLock.close();
    storage.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {MemoryFile.BACKGROUND_SNAPSHOT, MemoryFile.PRE_COPY})
  void memoryAndDisksAreOfOneMoment(String method) throws Exception {
    int before;
    int written;
    try (WritingQemu qemu = new WritingQemu(storage)) {
      qemu.write(20);
      before = qemu.acknowledged();

      TaskOutcome outcome =
          new JobRun(folder, SnapshotQmpIT.definition()).run("create", task("r-1", method));

      assertThat(outcome.reason()).as(outcome.message()).isEqualTo(TaskReason.Completed);
      SnapshotResult snapshot = outcome.snapshot();
      assertThat(snapshot.consistency()).isEqualTo("Memory");
      assertThat(snapshot.memory().method()).isEqualTo(method);
      assertThat(snapshot.memory().bytes()).isPositive();
      assertThat(snapshot.timing().stunMillis()).isPositive();
      qemu.write(20);
      written = qemu.acknowledged();
    }
    VmsnFile state = VmsnFile.read(storage, FILE);
    assertThat(state.memory().ramBytes()).isEqualTo(64L << 20);
    MemoryFile.checkAll(storage, FILE, state.memory(), bytes -> {});
    assertThat(VmDirectory.open(storage).vmsd().snapshot(1).orElseThrow().memory()).isTrue();
    Sealing.sealAll(VmDirectory.open(storage));
    assertThat(content(true)).isEqualTo(written);
    assertThat(content(false)).isEqualTo(before);
    assertClean();
  }

  /** As when the volume is full: the guest goes on, and all that it wrote is on its old disks. */
  @Test
  void memoryThatCannotBeWrittenLeavesTheMachineAsItWas() throws Exception {
    int written;
    try (WritingQemu qemu = new WritingQemu(storage)) {
      qemu.write(10);

      assertThatThrownBy(
              () ->
                  create(
                      vm -> {
                        qemu.write(10); // lands in the new deltas
                        throw new MemorySaveException("no space left on device", true, null);
                      },
                      "r-1"))
          .hasMessageContaining("no space left on device");

      assertNothingLeft(qemu);
      qemu.write(10);
      written = qemu.acknowledged();
    }
    Sealing.sealAll(VmDirectory.open(storage));
    assertThat(written).isEqualTo(30);
    assertThat(content(true)).isEqualTo(written);
    assertClean();
  }

  /** The next operation finds the machine on deltas of a snapshot that never came to be. */
  @Test
  void jobThatDiesWhileMemoryIsSavedLeavesNothingBehind() throws Exception {
    int written;
    try (WritingQemu qemu = new WritingQemu(storage)) {
      qemu.write(10);
      assertThatThrownBy(
              () ->
                  create(
                      vm -> {
                        qemu.write(10);
                        throw new Death();
                      },
                      "r-1"))
          .isInstanceOf(Death.class);

      SnapshotResult next = create(vm -> {}, "r-2");

      assertThat(next.uid()).isEqualTo(1);
      qemu.write(10);
      written = qemu.acknowledged();
    }
    Sealing.sealAll(VmDirectory.open(storage));
    assertThat(content(true)).isEqualTo(written);
    assertThat(content(false)).isEqualTo(20);
    assertClean();
  }

  /** Both job and machine are gone; the deltas hold what the guest wrote last. */
  @Test
  void machineThatDiesToo() throws Exception {
    try (WritingQemu qemu = new WritingQemu(storage)) {
      qemu.write(10);
      assertThatThrownBy(
              () ->
                  create(
                      vm -> {
                        qemu.write(10);
                        qemu.flush();
                        throw new Death();
                      },
                      "r-1"))
          .isInstanceOf(Death.class);
      qemu.kill();
    }
    runnerLock.close();

    TaskOutcome next =
        new JobRun(folder, SnapshotQmpIT.definition())
            .run("create", new CreateSnapshotTask("r-2", "s", "", false, "None", 0, 60, 32, 0));

    assertThat(next.reason()).as(next.message()).isEqualTo(TaskReason.Completed);
    assertThat(content(true)).isEqualTo(20);
    assertThat(content(false)).isEqualTo(20);
    assertThat(VmDirectory.open(storage).disks())
        .as("the chain is as long as the history")
        .allMatch(disk -> disk.chain().size() == 2);
    assertClean();
  }

  /** What happens after QEMU has saved everything, and before the engine hears of it. */
  @FunctionalInterface
  private interface Interruption {
    void run(RunningVm vm) throws Exception;
  }

  private static final class Death extends Error {
    private static final long serialVersionUID = 1L;
  }

  private SnapshotResult create(Interruption afterSaving, String requestId) throws Exception {
    QemuConnector real = new QemuConnector(storage);
    VmConnector connector = () -> real.connect().map(vm -> interrupted(vm, afterSaving));
    return new SnapshotCreation(
            storage,
            connector,
            Clock.systemUTC(),
            new StopSignal(Duration.ofSeconds(60)),
            Duration.ofSeconds(10))
        .run(SnapshotQmpIT.definition(), task(requestId, null));
  }

  private static RunningVm interrupted(RunningVm vm, Interruption afterSaving) {
    return (RunningVm)
        Proxy.newProxyInstance(
            RunningVm.class.getClassLoader(),
            new Class<?>[] {RunningVm.class},
            (proxy, method, arguments) -> {
              try {
                Object result = method.invoke(vm, arguments);
                if (method.getName().equals("saveMemory")) {
                  afterSaving.run(vm);
                }
                return result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private void assertNothingLeft(WritingQemu qemu) throws Exception {
    assertThat(storage.list("")).noneMatch(f -> f.contains("-000001") || f.endsWith(".vmsn"));
    assertThat(qemu.writableFiles()).allMatch(f -> f.endsWith("-flat.vmdk"));
    Optional<RunningVm> vm = new QemuConnector(storage).connect();
    try (RunningVm open = vm.orElseThrow()) {
      assertThat(open.state()).isEqualTo(RunState.RUNNING);
    }
  }

  private void assertClean() throws Exception {
    assertThat(DirectoryChecker.check(storage, false))
        .filteredOn(f -> f.severity() == DirectoryFinding.Severity.ERROR)
        .isEmpty();
  }

  /** How many writes the disks hold now, or at the only snapshot. */
  private int content(boolean now) throws Exception {
    VmDirectory directory = VmDirectory.open(storage);
    List<ByteBuffer> disks = new ArrayList<>();
    if (now) {
      for (VmDisk disk : directory.disks()) {
        disks.add(SnapshotQmpIT.content(storage, disk.active().fileName()));
      }
    } else {
      for (var disk : directory.vmsd().snapshot(1).orElseThrow().disks()) {
        disks.add(SnapshotQmpIT.content(storage, disk.fileName()));
      }
    }
    return SnapshotQmpIT.prefix(disks);
  }

  private static CreateSnapshotTask task(String requestId, String method) {
    return new CreateSnapshotTask(
        requestId, "with memory", "", true, "BestEffort", 5, 60, 32, 0, 0, method);
  }
}
