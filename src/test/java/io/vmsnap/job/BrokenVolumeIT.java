package io.vmsnap.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vmsnap.harness.tool.Tool;
import io.vmsnap.snapshot.FailureReason;
import io.vmsnap.snapshot.SnapshotCreation;
import io.vmsnap.snapshot.StopSignal;
import io.vmsnap.snapshot.VmConnector;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.DirectoryPreparer;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real volume that is full or read-only: the reason is said with the file, and nothing is lost.
 */
class BrokenVolumeIT {
  private static final long VOLUME_BYTES = 24 << 20;

  @TempDir private Path folder;
  private Path volume;
  private VmStorage storage;

  @BeforeEach
  void machineOnAVolumeOfItsOwn() throws Exception {
    volume = Files.createDirectory(folder.resolve("volume"));
    if (!mount("tmpfs", "size=" + VOLUME_BYTES).succeeded()) {
      assertThat(System.getenv("CI")).as("in CI a volume must be mountable").isNull();
      assumeTrue(false, "a small volume cannot be mounted without root");
    }
    storage = new LocalStorage(volume);
    new DirectoryPreparer(
            storage,
            new VmDefinition(
                "web",
                "564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7",
                new VmDefinition.Hardware(1, 64 << 20, "bios", null, "tcg"),
                List.of(new VmDefinition.Disk("root", 1L << 20, null)),
                null,
                List.of(),
                false,
                30))
        .prepare();
  }

  @AfterEach
  void unmount() throws Exception {
    if (storage != null) {
      storage.close();
      Tool.of("umount", "--lazy", volume.toString()).output();
    }
  }

  @Test
  void readOnlyVolumeIsSaid() throws Exception {
    assertThat(mount("tmpfs", "remount,ro").succeeded()).isTrue();

    assertThatThrownBy(this::snapshot)
        .isInstanceOfSatisfying(
            Exception.class,
            e -> {
              assertThat(FailureReason.of(e)).isEqualTo(TaskReason.StorageFailed);
              assertThat(FailureReason.message(e)).contains("Read-only file system");
            });

    assertThat(mount("tmpfs", "remount,rw").succeeded()).isTrue();
    snapshot();
    assertThat(VmDirectory.open(storage).vmsd().snapshots()).hasSize(1);
  }

  @Test
  void fullVolumeIsSaidWithTheFile() throws Exception {
    try (StorageFile ballast = storage.create("ballast")) {
      assertThatThrownBy(() -> fill(ballast))
          .isInstanceOf(IOException.class)
          .hasMessage("ballast: No space left on device");
    }

    assertThatThrownBy(this::snapshot)
        .satisfies(
            e ->
                assertThat(FailureReason.of((Exception) e))
                    .isIn(TaskReason.InsufficientSpace, TaskReason.StorageFailed));

    storage.delete("ballast");
    snapshot();
    assertThat(VmDirectory.open(storage).vmsd().snapshots()).hasSize(1);
  }

  private static void fill(StorageFile file) throws IOException {
    for (long at = 0; at <= VOLUME_BYTES; at += 64 << 10) {
      file.write(ByteBuffer.allocate(64 << 10), at);
    }
  }

  private void snapshot() throws Exception {
    new SnapshotCreation(
            storage,
            VmConnector.POWERED_OFF,
            Clock.systemUTC(),
            new StopSignal(Duration.ofMinutes(1)),
            Duration.ZERO)
        .run(null, new CreateSnapshotTask("r-1", "one", "", false, "None", 0, 60, 32, 0));
  }

  private Tool.Result mount(String type, String options) throws Exception {
    return Tool.of("mount", "-t", type, "-o", options, "tmpfs", volume.toString()).run();
  }
}
