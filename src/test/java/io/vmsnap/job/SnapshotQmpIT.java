package io.vmsnap.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.ExternalTool;
import io.vmsnap.disk.chain.ChainContent;
import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.snapshot.Sealing;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.StorageLock;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.DirectoryFormat;
import io.vmsnap.vmdir.DirectoryPreparer;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code vmsnap job create} as a process of its own, against a real QEMU whose disks are written
 * all the time. The writes go to both disks in turn, each to its own block, so every state that
 * ever was is a prefix of them, and a snapshot that is not has mixed two moments.
 */
@Timeout(240)
class SnapshotQmpIT {
  private static final long CAPACITY = 48L << 20;
  private static final int DISKS = 2;

  @TempDir Path folder;
  private LocalStorage storage;
  private StorageLock runnerLock;

  @BeforeEach
  void machine() throws Exception {
    storage = new LocalStorage(folder);
    new DirectoryPreparer(storage, definition()).prepare();
    runnerLock = storage.tryLock(DirectoryFormat.RUNNER_LOCK).orElseThrow();
  }

  @AfterEach
  void release() throws IOException {
    runnerLock.close();
    storage.close();
  }

  @Test
  void snapshotsOfAMachineThatWritesAreMomentsOfIt() throws Exception {
    int written;
    List<Integer> atSnapshot = new ArrayList<>();
    try (WritingQemu qemu = new WritingQemu(storage)) {
      qemu.write(10);
      for (int n = 1; n <= 3; n++) {
        int before = qemu.acknowledged();
        qemu.startWriting();

        TaskOutcome outcome = job("request-" + n);

        qemu.stopWriting();
        assertThat(outcome.reason()).as(outcome.message()).isEqualTo(TaskReason.Completed);
        assertThat(outcome.snapshot().uid()).isEqualTo(n);
        assertThat(outcome.snapshot().powerState()).isEqualTo("PoweredOn");
        assertThat(outcome.snapshot().timing().stunMillis()).isPositive();
        System.out.printf(
            "snapshot %d: stun %.1f ms, total %.0f ms, %d writes meanwhile%n",
            n,
            outcome.snapshot().timing().stunMillis(),
            outcome.snapshot().timing().totalMillis(),
            qemu.acknowledged() - before);
        atSnapshot.add(before);
        assertThat(qemu.writableFiles())
            .as("only the active layer may be open for writing")
            .allMatch(f -> f.contains("-00000" + outcome.snapshot().uid()));
      }
      qemu.write(10);
      written = qemu.acknowledged();
    }
    Sealing.sealAll(VmDirectory.open(storage));

    VmDirectory directory = VmDirectory.open(storage);
    List<ByteBuffer> now = new ArrayList<>();
    for (VmDisk disk : directory.disks()) {
      now.add(content(disk.active().fileName()));
    }
    assertThat(prefix(now)).isEqualTo(written);
    for (int n = 1; n <= 3; n++) {
      List<ByteBuffer> disks = new ArrayList<>();
      for (SnapshotDisk disk : directory.vmsd().snapshot(n).orElseThrow().disks()) {
        disks.add(content(disk.fileName()));
        Path file = folder.resolve(disk.fileName());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .isEqualTo("r--r-----");
      }
      assertThat(prefix(disks)).isBetween(atSnapshot.get(n - 1), written);
    }
  }

  @Test
  void machineThatDiesMidwayLosesNothing() throws Exception {
    try (WritingQemu qemu = new WritingQemu(storage)) {
      qemu.write(20);
      qemu.flush();
      qemu.kill();
    }

    TaskOutcome refused = job("request-1");

    assertThat(refused.reason()).isEqualTo(TaskReason.HypervisorFailed);
    assertThat(storage.exists("web-000001.vmdk")).isFalse();
    runnerLock.close();
    TaskOutcome taken = job("request-1");
    assertThat(taken.reason()).as(taken.message()).isEqualTo(TaskReason.Completed);
    assertThat(taken.snapshot().powerState()).isEqualTo("PoweredOff");
    assertThat(prefix(List.of(content("web.vmdk"), content("web_1.vmdk")))).isEqualTo(20);
  }

  private ByteBuffer content(String descriptor) throws IOException {
    return content(storage, descriptor);
  }

  /** As any VMDK reader sees it; our own two views of it must say the same. */
  static ByteBuffer content(LocalStorage storage, String descriptor) throws IOException {
    Path folder = storage.path("");
    Path raw = folder.resolve("out.raw");
    ExternalTool.named("qemu-img")
        .run(folder, "convert", "-f", "vmdk", "-O", "raw", descriptor, raw.toString());
    ByteBuffer read = ByteBuffer.wrap(Files.readAllBytes(raw));
    Files.delete(raw);
    for (DiskChain.View view : DiskChain.View.values()) {
      ByteBuffer own = ByteBuffer.allocate((int) CAPACITY);
      try (ChainContent content = DiskChain.open(storage, descriptor).content(storage, view)) {
        content.read(own, 0);
      }
      assertThat(own.flip()).as(descriptor + " by " + view).isEqualTo(read);
    }
    return read;
  }

  /** How many writes the disks hold; fails if one is missing before the last. */
  static int prefix(List<ByteBuffer> disks) {
    int count = 0;
    int last = 0;
    int blocks = (int) (CAPACITY / WritingQemu.STRIDE) * DISKS;
    for (int n = 0; n < blocks; n++) {
      ByteBuffer disk = disks.get(n % DISKS);
      int at = n / DISKS * WritingQemu.STRIDE;
      byte value = disk.get(at);
      byte[] whole = new byte[WritingQemu.BLOCK];
      Arrays.fill(whole, value);
      assertThat(disk.slice(at, WritingQemu.BLOCK).equals(ByteBuffer.wrap(whole)))
          .as("write %d is whole or not there", n)
          .isTrue();
      if (value != 0) {
        assertThat(value).isEqualTo(WritingQemu.pattern(n));
        count++;
        last = n + 1;
      }
    }
    assertThat(count).as("writes before the last one are there").isEqualTo(last);
    return count;
  }

  private TaskOutcome job(String requestId) throws Exception {
    return new JobRun(folder, definition())
        .run("create", new CreateSnapshotTask(requestId, "snap", "", false, "None", 0, 120, 32, 0));
  }

  static VmDefinition definition() {
    List<VmDefinition.Disk> disks = new ArrayList<>();
    for (int k = 0; k < DISKS; k++) {
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
