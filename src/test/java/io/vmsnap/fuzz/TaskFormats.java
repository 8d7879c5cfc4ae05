package io.vmsnap.fuzz;

import io.vmsnap.task.ConsolidateTask;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.DeleteSnapshotTask;
import io.vmsnap.task.DescribeSnapshotTask;
import io.vmsnap.task.RevertSnapshotTask;
import io.vmsnap.task.RunnerStatus;
import io.vmsnap.task.SnapshotResult;
import io.vmsnap.task.SuspendTask;
import io.vmsnap.task.TaskJson;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.VmDefinition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What operator, jobs and runners tell each other as JSON. */
final class TaskFormats {
  private static final List<Class<?>> TYPES =
      List.of(
          VmDefinition.class,
          CreateSnapshotTask.class,
          DeleteSnapshotTask.class,
          DescribeSnapshotTask.class,
          RevertSnapshotTask.class,
          SuspendTask.class,
          ConsolidateTask.class,
          RunnerStatus.class,
          RunnerStatus.Operation.class,
          TaskOutcome.class);

  private TaskFormats() {}

  /** Only an {@link IOException} may come of it; the caller knows which variable it read. */
  static void read(byte[] content) {
    String text = new String(content, StandardCharsets.UTF_8);
    for (Class<?> type : TYPES) {
      try {
        require(TaskJson.read(text, type));
      } catch (IOException e) {
        // the documented error
      }
    }
    try {
      require(TaskJson.readTerminationMessage(text));
    } catch (IOException e) {
      // the documented error
    }
  }

  private static void require(Object read) {
    if (read == null) {
      throw new AssertionError("nothing was read, and no error");
    }
  }

  static List<byte[]> seeds() {
    VmDefinition vm =
        new VmDefinition(
            "web",
            "564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7",
            new VmDefinition.Hardware(2, 1L << 30, "bios", null, "auto"),
            List.of(new VmDefinition.Disk("root", 1L << 30, "data.img")),
            new VmDefinition.Boot("vmlinuz", "initrd.img", "console=ttyS0"),
            List.of(new VmDefinition.Port("ssh", 22, "TCP")),
            true,
            60);
    Instant time = Instant.parse("2026-01-02T03:04:05Z");
    RunnerStatus.Operation operation =
        new RunnerStatus.Operation("r-1", "Create", "Sealing", 80, time);
    List<SnapshotResult.DiskResult> disks =
        IntStream.range(0, 64)
            .mapToObj(
                i ->
                    new SnapshotResult.DiskResult(
                        "scsi0:" + i, "d" + i, "a.vmdk", "b.vmdk", 1L << 40, i, "1", "2"))
            .toList();
    SnapshotResult result =
        new SnapshotResult(
            1,
            null,
            "PoweredOn",
            "Crash",
            "web-Snapshot1.vmsn",
            disks,
            new SnapshotResult.StorageResult(1, 2, 3),
            new SnapshotResult.Timing(null, 12.5, 340.0),
            time,
            time);
    return Stream.of(
            TaskJson.write(vm),
            TaskJson.write(
                new CreateSnapshotTask("r-1", "n", "d", true, "BestEffort", 30, 600, 32, 20)),
            TaskJson.write(operation),
            TaskJson.writeTerminationMessage(TaskOutcome.completed("done", result)))
        .map(text -> text.getBytes(StandardCharsets.UTF_8))
        .toList();
  }
}
