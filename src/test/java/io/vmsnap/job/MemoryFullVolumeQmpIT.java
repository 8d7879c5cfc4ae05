package io.vmsnap.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.vmsnap.harness.tool.Tool;
import io.vmsnap.hypervisor.MemorySaveException;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.snapshot.DirectoryChecker;
import io.vmsnap.snapshot.MachineSuspension;
import io.vmsnap.snapshot.RefusedException;
import io.vmsnap.snapshot.Sealing;
import io.vmsnap.snapshot.SnapshotCreation;
import io.vmsnap.snapshot.StopSignal;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.StorageLock;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.SuspendTask;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.DirectoryFormat;
import io.vmsnap.vmdir.DirectoryPreparer;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.memory.MemoryFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A volume that somebody else fills while a real QEMU writes its memory there; needs root, to mount
 * a small one.
 */
@Timeout(240)
class MemoryFullVolumeQmpIT {
  private static final long VOLUME = 160L << 20;

  /** From nothing to about all that the memory needs. */
  private static final long STEP = 96 << 10;

  private static final int MOST_STEPS = 60;

  @TempDir Path folder;
  private LocalStorage storage;
  private StorageLock runnerLock;
  private Path filler;

  @BeforeEach
  void machine() throws Exception {
    Tool.of("mount", "-t", "tmpfs", "-o", "size=" + VOLUME, "vmsnap", folder.toString()).output();
    filler = folder.resolve("filler");
    storage = new LocalStorage(folder);
    new DirectoryPreparer(storage, SnapshotQmpIT.definition()).prepare();
    runnerLock = storage.tryLock(DirectoryFormat.RUNNER_LOCK).orElseThrow();
  }

  @AfterEach
  void release() throws Exception {
    runnerLock.close();
    storage.close();
    Tool.of("umount", folder.toString()).output();
  }

  @ParameterizedTest
  @ValueSource(strings = {MemoryFile.BACKGROUND_SNAPSHOT, MemoryFile.PRE_COPY})
  void machineGoesOnAsItWasWhereverTheVolumeIsFull(String method) throws Exception {
    int beforeTheSwitch = 0;
    int afterTheSwitch = 0;
    int written;
    try (WritingQemu qemu = new WritingQemu(storage)) {
      qemu.write(10);
      for (int step = 0; ; step++) {
        assertThat(step).as("it never had the room it needs").isLessThan(MOST_STEPS);
        List<MemorySaveException> seen = new ArrayList<>();
        long left = step * STEP;

        Throwable failure = catchThrowable(() -> create(left, seen, method));

        Files.deleteIfExists(filler);
        if (failure == null) {
          break;
        }
        if (failure instanceof RefusedException refused) {
          assertThat(refused.reason()).isEqualTo(TaskReason.InsufficientSpace);
          assertThat(refused).hasMessageContaining("bytes");
        }
        assertThat(failure).isInstanceOfAny(RefusedException.class, IOException.class);
        boolean switched = !seen.isEmpty() && seen.getFirst().areDisksSwitched();
        beforeTheSwitch += switched ? 0 : 1;
        afterTheSwitch += switched ? 1 : 0;
        assertAsBefore(qemu, left + " bytes left");
        qemu.write(2);
      }
      qemu.write(2);
      written = qemu.acknowledged();
    }
    System.out.printf(
        "%s: full %d times before the disks switched, %d times after%n",
        method, beforeTheSwitch, afterTheSwitch);
    assertThat(beforeTheSwitch).isPositive();
    Sealing.sealAll(VmDirectory.open(storage));
    assertThat(content()).isEqualTo(written);
    assertThat(DirectoryChecker.check(storage, false)).isEmpty();
  }

  @Test
  void roomForTheMemoryIsLookedAtFirst() throws Exception {
    try (WritingQemu qemu = new WritingQemu(storage)) {
      fill(63L << 20);
      List<MemorySaveException> seen = new ArrayList<>();

      Throwable failure = catchThrowable(() -> create(-1, seen, null));

      assertThat(failure)
          .isInstanceOfSatisfying(
              RefusedException.class,
              e -> assertThat(e.reason()).isEqualTo(TaskReason.InsufficientSpace))
          .hasMessageContaining("67108864 bytes for the memory");
      Files.delete(filler);
      assertAsBefore(qemu, "refused");
    }
  }

  @Test
  void machineThatIsToBeSuspendedGoesOn() throws Exception {
    try (WritingQemu qemu = new WritingQemu(storage)) {
      qemu.write(10);
      for (long left = 0; left <= 4 * STEP; left += STEP) {
        long room = left;
        List<MemorySaveException> seen = new ArrayList<>();

        Throwable failure = catchThrowable(() -> suspend(room, seen));

        assertThat(failure).as("%d bytes left", left).isNotNull();
        Files.delete(filler);
        assertThat(storage.exists("web.vmss")).isFalse();
        assertAsBefore(qemu, left + " bytes left for the suspension");
        qemu.write(2);
      }
    }
  }

  private void suspend(long left, List<MemorySaveException> seen) throws Exception {
    QemuConnector real = new QemuConnector(storage);
    new MachineSuspension(
            storage,
            () -> real.connect().map(vm -> filling(vm, "suspend", left, seen)),
            Clock.systemUTC(),
            new StopSignal(Duration.ofSeconds(60)),
            Duration.ofSeconds(10))
        .run(SnapshotQmpIT.definition(), new SuspendTask("s-1", 60, 0));
  }

  private void assertAsBefore(WritingQemu qemu, String where) throws Exception {
    assertThat(storage.list(""))
        .as(where)
        .noneMatch(f -> f.contains("-000001") || f.endsWith(".vmsn"));
    assertThat(storage.exists(".vmsnap/journal.json")).as(where).isFalse();
    assertThat(qemu.writableFiles()).as(where).allMatch(f -> f.endsWith("-flat.vmdk"));
    try (RunningVm vm = new QemuConnector(storage).connect().orElseThrow()) {
      assertThat(vm.state()).as(where).isEqualTo(RunState.RUNNING);
    }
  }

  /**
   * @param left what the volume has from the moment QEMU is asked for the memory; -1 for all of it
   */
  private void create(long left, List<MemorySaveException> seen, String method) throws Exception {
    QemuConnector real = new QemuConnector(storage);
    new SnapshotCreation(
            storage,
            () -> real.connect().map(vm -> filling(vm, "saveMemory", left, seen)),
            Clock.systemUTC(),
            new StopSignal(Duration.ofSeconds(60)),
            Duration.ofSeconds(10))
        .run(
            SnapshotQmpIT.definition(),
            new CreateSnapshotTask(
                "r-1", "with memory", "", true, "None", 5, 60, 32, 0, 0, method));
  }

  private RunningVm filling(
      RunningVm vm, String saving, long left, List<MemorySaveException> seen) {
    return (RunningVm)
        Proxy.newProxyInstance(
            RunningVm.class.getClassLoader(),
            new Class<?>[] {RunningVm.class},
            (proxy, method, arguments) -> {
              try {
                if (left >= 0 && method.getName().equals(saving)) {
                  fill(left);
                }
                return method.invoke(vm, arguments);
              } catch (InvocationTargetException e) {
                if (e.getCause() instanceof MemorySaveException failed) {
                  seen.add(failed);
                }
                throw e.getCause();
              }
            });
  }

  private void fill(long left) throws IOException {
    long free = Files.getFileStore(folder).getUsableSpace();
    try (RandomAccessFile file = new RandomAccessFile(filler.toFile(), "rw")) {
      byte[] block = new byte[64 << 10];
      for (long rest = free - left; rest > 0; rest -= block.length) {
        file.write(block, 0, (int) Math.min(rest, block.length));
      }
    }
  }

  private int content() throws Exception {
    List<ByteBuffer> disks = new ArrayList<>();
    for (var disk : VmDirectory.open(storage).disks()) {
      disks.add(SnapshotQmpIT.content(storage, disk.active().fileName()));
    }
    return SnapshotQmpIT.prefix(disks);
  }
}
