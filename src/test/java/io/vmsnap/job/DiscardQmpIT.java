package io.vmsnap.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.snapshot.Sealing;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.StorageLock;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.DirectoryFormat;
import io.vmsnap.vmdir.DirectoryPreparer;
import io.vmsnap.vmdir.VmDirectory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a guest trims or zeroes is given back to the volume, whether it lay in the base disk or in a
 * delta, and reads as zeros even where the disk below has data.
 */
@Timeout(120)
class DiscardQmpIT {
  private static final int MIB = 1 << 20;

  /** What tables and the file system's own records may differ by. */
  private static final long SLACK = MIB / 2;

  @TempDir Path folder;

  @Test
  void spaceOfTrimmedAndZeroedDataIsGivenBack() throws Exception {
    byte[] content = new byte[48 * MIB];
    try (LocalStorage storage = new LocalStorage(folder)) {
      new DirectoryPreparer(storage, SnapshotQmpIT.definition()).prepare();
      try (StorageLock runnerLock = storage.tryLock(DirectoryFormat.RUNNER_LOCK).orElseThrow();
          WritingQemu qemu = new WritingQemu(storage)) {
        qemu.onDisk(0, "write -q -P 1 0 24M");
        qemu.flush();
        long full = storage.allocatedBytes("web-flat.vmdk");
        qemu.onDisk(0, "discard -q 20M 4M");
        qemu.flush();
        long base = storage.allocatedBytes("web-flat.vmdk");
        assertThat(base).isLessThan(full - 4 * MIB + SLACK);
        Arrays.fill(content, 0, 20 * MIB, (byte) 1);
        snapshot();

        qemu.onDisk(0, "write -q -P 2 4M 8M");
        qemu.flush();
        long written = storage.allocatedBytes("web-000001-delta.vmdk");
        qemu.onDisk(0, "discard -q 4M 4M");
        qemu.onDisk(0, "write -q -z -u 8M 2M");
        qemu.onDisk(0, "discard -q 16M 1M"); // data of the base below
        qemu.flush();
        Arrays.fill(content, 4 * MIB, 12 * MIB, (byte) 2);
        Arrays.fill(content, 4 * MIB, 10 * MIB, (byte) 0);
        Arrays.fill(content, 16 * MIB, 17 * MIB, (byte) 0);

        assertThat(storage.allocatedBytes("web-000001-delta.vmdk"))
            .as("of 4 to 12 MiB only the last two are left")
            .isLessThan(written - 6 * MIB + SLACK);
        assertThat(storage.allocatedBytes("web-flat.vmdk"))
            .as("the snapshot's own disk is left alone")
            .isGreaterThan(base - SLACK);
      }
      Sealing.sealAll(VmDirectory.open(storage));

      assertThat(SnapshotQmpIT.content(storage, "web-000001.vmdk"))
          .isEqualTo(ByteBuffer.wrap(content));
    }
  }

  private void snapshot() throws Exception {
    TaskOutcome outcome =
        new JobRun(folder, SnapshotQmpIT.definition())
            .run("create", new CreateSnapshotTask("r", "s", "", false, "None", 0, 120, 32, 0));
    assertThat(outcome.reason()).as(outcome.message()).isEqualTo(TaskReason.Completed);
  }
}
