package io.vmsnap.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.ExternalTool;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.StorageLock;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.DirectoryFormat;
import io.vmsnap.vmdir.DirectoryPreparer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code vmsnap export} of a snapshot whose machine goes on writing, read by qemu-img. */
@Timeout(240)
class LiveExportQmpIT {
  /** What qemu-img calls the formats. */
  private static final Map<String, String> FORMATS =
      Map.of(
          "raw", "raw",
          "qcow2", "qcow2",
          "monolithicSparse", "vmdk",
          "streamOptimized", "vmdk",
          "vmfsSparse", "vmdk");

  @TempDir Path folder;
  @TempDir Path target;

  @Test
  void snapshotIsExportedWhileTheMachineWrites() throws Exception {
    try (LocalStorage storage = new LocalStorage(folder)) {
      new DirectoryPreparer(storage, SnapshotQmpIT.definition()).prepare();
      try (StorageLock runnerLock = storage.tryLock(DirectoryFormat.RUNNER_LOCK).orElseThrow();
          WritingQemu qemu = new WritingQemu(storage)) {
        qemu.write(10);
        snapshot("below");
        qemu.write(30);
        snapshot("web-1");
        int written = qemu.acknowledged();
        qemu.startWriting();

        List<ByteBuffer> disks = new ArrayList<>();
        for (int k = 0; k < 2; k++) {
          Path raw = target.resolve("disk" + k + ".raw");
          export("raw", k, raw);
          disks.add(ByteBuffer.wrap(Files.readAllBytes(raw)));
        }
        for (String format : FORMATS.keySet()) {
          Path file = target.resolve(format + ".out.vmdk");
          export(format, 1, file);
          assertThat(content(format, file)).as(format).isEqualTo(disks.get(1));
        }

        qemu.stopWriting();
        assertThat(qemu.acknowledged()).as("it wrote meanwhile").isGreaterThan(written);
        assertThat(SnapshotQmpIT.prefix(disks)).isEqualTo(written);
      }
    }
  }

  @Test
  void presentStateOfARunningMachineIsRefused() throws Exception {
    try (LocalStorage storage = new LocalStorage(folder)) {
      new DirectoryPreparer(storage, SnapshotQmpIT.definition()).prepare();
      try (StorageLock runnerLock = storage.tryLock(DirectoryFormat.RUNNER_LOCK).orElseThrow()) {
        Path file = target.resolve("x.raw");
        Process process = start("raw", 0, file);
        String output = text(process);

        assertThat(process.waitFor()).isNotZero();
        assertThat(output).contains("the machine runs").contains("name a --snapshot");
        assertThat(file).doesNotExist();
      }
    }
  }

  private void snapshot(String name) throws Exception {
    TaskOutcome outcome =
        new JobRun(folder, SnapshotQmpIT.definition())
            .run("create", new CreateSnapshotTask(name, name, "", false, "None", 0, 120, 32, 0));
    assertThat(outcome.reason()).as(outcome.message()).isEqualTo(TaskReason.Completed);
  }

  private void export(String format, int disk, Path file) throws Exception {
    Process process = start(format, disk, file, "--snapshot", "web-1");
    String output = text(process);
    assertThat(process.waitFor()).as(output).isZero();
  }

  private Process start(String format, int disk, Path file, String... more) throws IOException {
    ProcessBuilder builder = ProductProcess.of("export", folder.toString());
    builder.command().addAll(List.of("--format", format, "--disk", "scsi0:" + disk));
    builder.command().addAll(List.of("--output", file.toString()));
    builder.command().addAll(List.of(more));
    return builder.redirectErrorStream(true).start();
  }

  private static String text(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private ByteBuffer content(String format, Path file) throws IOException {
    Path raw = target.resolve("content.raw");
    ExternalTool.named("qemu-img")
        .run(
            target,
            "convert",
            "-f",
            FORMATS.get(format),
            "-O",
            "raw",
            lastLink(format, file).toString(),
            raw.toString());
    return ByteBuffer.wrap(Files.readAllBytes(raw));
  }

  /** Of a chain the disk on top, which is the one with the highest number. */
  private Path lastLink(String format, Path file) throws IOException {
    if (!format.equals("vmfsSparse")) {
      return file;
    }
    try (var files = Files.list(target)) {
      return files
          .filter(f -> f.getFileName().toString().matches("vmfsSparse\\.out-\\d{6}\\.vmdk"))
          .max(Path::compareTo)
          .orElseThrow();
    }
  }
}
