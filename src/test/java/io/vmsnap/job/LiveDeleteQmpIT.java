package io.vmsnap.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.chain.ChainContent;
import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.hypervisor.qmp.QmpRunningVm;
import io.vmsnap.snapshot.DirectoryChecker;
import io.vmsnap.snapshot.Sealing;
import io.vmsnap.snapshot.SnapshotCreation;
import io.vmsnap.snapshot.SnapshotDeletion;
import io.vmsnap.snapshot.StopSignal;
import io.vmsnap.snapshot.VmConnector;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.StorageLock;
import io.vmsnap.task.ConsolidateTask;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.DeleteResult;
import io.vmsnap.task.DeleteSnapshotTask;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.DirectoryFormat;
import io.vmsnap.vmdir.DirectoryPreparer;
import io.vmsnap.vmdir.VmDirectory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Snapshots of a machine whose disks are written all the time are deleted under it, with deltas so
 * large that a helper takes the writes; every write that QEMU acknowledged must be there
 * afterwards.
 */
@Timeout(300)
class LiveDeleteQmpIT {
  private static final int MIB = 1 << 20;
  private static final int LARGE_MIB = 96;
  private static final long CAPACITY = 512L * MIB;

  /** Where the large part lies, apart from the small writes. */
  private static final int LARGE_AT_MIB = 300;

  @TempDir Path folder;
  private LocalStorage storage;
  private WritingQemu qemu;

  @BeforeEach
  void machine() throws Exception {
    storage = new LocalStorage(folder);
    new DirectoryPreparer(storage, definition()).prepare();
    qemu = new WritingQemu(storage);
  }

  @AfterEach
  void close() throws Exception {
    qemu.close();
    storage.close();
  }

  @Test
  void largeActiveDeltaGoesDownWhileTheGuestWrites() throws Exception {
    qemu.write(20);
    take(1);
    fill(1);
    take(2);
    fill(2);
    qemu.startWriting();

    DeleteResult last = delete(2);
    DeleteResult only = delete(1);

    qemu.stopWriting();
    report("the last of two", last);
    report("the only one", only);
    assertThat(last.mergedBytes()).isGreaterThanOrEqualTo((long) LARGE_MIB * MIB);
    assertThat(only.mergedBytes()).isGreaterThanOrEqualTo((long) LARGE_MIB * MIB);
    VmDirectory directory = VmDirectory.open(storage);
    assertThat(directory.disks()).allMatch(d -> d.chain().size() == 1);
    assertThat(storage.list("")).noneMatch(f -> f.matches(".*-\\d{6}.*"));
    assertThat(qemu.writableFiles()).allMatch(f -> f.endsWith("-flat.vmdk"));
    qemu.write(10);
    int written = qemu.acknowledged();
    qemu.close();
    Sealing.sealAll(VmDirectory.open(storage));
    assertThat(DirectoryChecker.check(storage, false)).isEmpty();
    assertSmall(written);
    assertLarge(2);
  }

  /** QEMU is killed at once after the delete: what was there is there. */
  @Test
  void nodeDiesRightAfterThePivot() throws Exception {
    qemu.write(20);
    take(1);
    fill(1);
    delete(1);
    qemu.write(40);
    qemu.flush();
    int flushed = qemu.acknowledged();
    qemu.kill();

    Sealing.sealAll(VmDirectory.open(storage));
    assertSmall(flushed);
    assertLarge(1);
    assertThat(DirectoryChecker.check(storage, false)).isEmpty();
  }

  @Test
  void asJobsOfTheOperator() throws Exception {
    JobRun job = new JobRun(folder, definition());
    try (StorageLock runner = storage.tryLock(DirectoryFormat.RUNNER_LOCK).orElseThrow()) {
      assertThat(runner.isValid()).isTrue();
      for (int uid = 1; uid <= 3; uid++) {
        qemu.write(10);
        take(uid);
      }
      qemu.write(10);

      TaskOutcome middle = job.run("delete", new DeleteSnapshotTask("d-2", 2, false, 0, 60));
      TaskOutcome rest = job.run("delete", new DeleteSnapshotTask("d-0", 0, true, 0, 60));
      TaskOutcome none = job.run("consolidate", new ConsolidateTask("c-1", 0, 60));

      assertThat(middle.reason()).as(middle.message()).isEqualTo(TaskReason.Completed);
      assertThat(middle.delete().removedUids()).containsExactly(2L);
      assertThat(middle.delete().timing().stunMillis()).isPositive();
      assertThat(rest.delete().removedUids()).containsExactly(1L, 3L);
      assertThat(none.reason()).isEqualTo(TaskReason.Completed);
      assertThat(none.delete().mergedBytes()).isZero();
      assertThat(storage.list("")).contains("web.vmsd").noneMatch(f -> f.endsWith(".vmsn"));
      qemu.write(10);
    }
    int written = qemu.acknowledged();
    qemu.close();
    assertThat(DirectoryChecker.check(storage, false)).isEmpty();
    assertSmall(written);
  }

  private void take(int uid) throws Exception {
    new SnapshotCreation(storage, vm(), Clock.systemUTC(), stop(), Duration.ZERO)
        .run(null, new CreateSnapshotTask("r-" + uid, "s", "", false, "None", 0, 60, 32, 0));
  }

  private DeleteResult delete(long uid) throws Exception {
    DeleteResult result =
        new SnapshotDeletion(storage, vm(), Clock.systemUTC(), stop(), Duration.ZERO)
            .run(null, new DeleteSnapshotTask("d-" + uid, uid, false, 0, 60));
    assertThat(result.removedUids()).containsExactly(uid);
    assertThat(result.pending()).isNull();
    assertThat(result.timing().stunMillis()).isPositive();
    return result;
  }

  private void fill(int pattern) throws Exception {
    for (int at = 0; at < LARGE_MIB; at += 16) {
      qemu.onDisk(
          0,
          String.format(Locale.ROOT, "write -q -P %d %dM 16M", 100 + pattern, LARGE_AT_MIB + at));
    }
  }

  private void assertSmall(int written) throws Exception {
    for (int disk = 0; disk < 2; disk++) {
      String active = VmDirectory.open(storage).disks().get(disk).active().fileName();
      try (ChainContent content =
          DiskChain.open(storage, active).content(storage, DiskChain.View.INDEX)) {
        ByteBuffer block = ByteBuffer.allocate(WritingQemu.BLOCK);
        for (int n = disk; n < written; n += 2) {
          content.read(block.clear(), (long) (n / 2) * WritingQemu.STRIDE);
          assertThat(block.array()).as("write %d", n).containsOnly(WritingQemu.pattern(n));
        }
      }
    }
  }

  private void assertLarge(int fills) throws Exception {
    String active = VmDirectory.open(storage).disks().getFirst().active().fileName();
    try (ChainContent content =
        DiskChain.open(storage, active).content(storage, DiskChain.View.INDEX)) {
      ByteBuffer large = ByteBuffer.allocate(MIB);
      for (int at = 0; at < LARGE_MIB; at++) {
        content.read(large.clear(), (long) (LARGE_AT_MIB + at) * MIB);
        for (byte b : large.array()) {
          if (b != 100 + fills) {
            throw new AssertionError("MiB " + (LARGE_AT_MIB + at) + ": " + b);
          }
        }
      }
    }
  }

  private static void report(String what, DeleteResult result) {
    System.out.printf(
        Locale.ROOT,
        "live delete of %s: %d MiB merged, longest stall %.1f ms, total %.0f ms%n",
        what,
        result.mergedBytes() / MIB,
        result.timing().stunMillis(),
        result.timing().totalMillis());
  }

  private VmConnector vm() {
    return () -> Optional.of(QmpRunningVm.connect(storage.path(".vmsnap/run/qmp-job.sock")));
  }

  private static StopSignal stop() {
    return new StopSignal(Duration.ofMinutes(2));
  }

  private static VmDefinition definition() {
    List<VmDefinition.Disk> disks = new ArrayList<>();
    for (int k = 0; k < 2; k++) {
      disks.add(new VmDefinition.Disk("disk" + k, CAPACITY, null));
    }
    return new VmDefinition(
        "web",
        "564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7",
        new VmDefinition.Hardware(1, 64 << 20, "bios", null, "tcg"),
        disks,
        null,
        List.of(),
        false,
        30);
  }
}
