package io.vmsnap.runner;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.harness.guest.GuestImage;
import io.vmsnap.job.JobRun;
import io.vmsnap.snapshot.DirectoryChecker;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.ExitCode;
import io.vmsnap.task.RevertSnapshotTask;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmxFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Reverts of a real guest that runs, by jobs and a runner that are processes of their own. */
@Timeout(500)
class RunnerRevertIT {
  private static final Duration BOOT = Duration.ofSeconds(180);
  private static final Duration END = Duration.ofSeconds(90);

  @TempDir Path folder;
  private Path directory;
  private int requests;

  @BeforeEach
  void layOutDirectory() throws Exception {
    GuestImage guest = GuestImage.get();
    directory = Files.createDirectory(folder.resolve("vm"));
    Files.copy(guest.kernel(), directory.resolve("vmlinuz"));
    Files.copy(guest.initrd(), directory.resolve("initrd.img"));
    Files.copy(guest.data(), directory.resolve("data.img"));
  }

  @Test
  void runningMachineBootsFromTheSnapshotInTheSamePod() throws Exception {
    try (VmStorage storage = new LocalStorage(directory);
        RunnerProcess runner = new RunnerProcess(directory, definition(), folder.resolve("1"))) {
      runner.awaitConsole("vmsnap: records", BOOT);
      create();
      long qemu = runner.qemuPid();
      String id = VmDirectory.readVmx(storage, "web").get(VmxFile.GENERATION_ID).orElseThrow();
      int boots = boots(runner);

      TaskOutcome outcome = revert("PoweredOn");

      assertThat(outcome.reason()).as(outcome.message()).isEqualTo(TaskReason.Completed);
      assertThat(outcome.revert().powerState()).isEqualTo("PoweredOn");
      assertThat(outcome.revert().timing().runningMillis()).isPositive();
      assertThat(runner.process.isAlive()).as("the pod stays").isTrue();
      assertThat(runner.qemuPid()).isNotEqualTo(qemu);
      assertThat(ProcessHandle.of(qemu)).as("the machine before").isEmpty();
      assertThat(storage.exists("web-000001.vmdk")).as("the abandoned delta").isFalse();
      assertThat(VmDirectory.readVmx(storage, "web").get(VmxFile.GENERATION_ID))
          .get()
          .isNotEqualTo(id);
      Awaitility.await().atMost(BOOT).until(() -> boots(runner) == boots + 1);
      Awaitility.await().atMost(BOOT).until(() -> runner.status().guestAgentConnected());
      // the machine takes snapshots and reverts as before
      create();
      TaskOutcome off = revert("FromSnapshot");

      assertThat(off.reason()).as(off.message()).isEqualTo(TaskReason.Completed);
      assertThat(off.revert().powerState()).isEqualTo("PoweredOff");
      assertThat(runner.awaitEnd(END)).isEqualTo(ExitCode.DONE);
      assertThat(DirectoryChecker.check(storage, false)).isEmpty();
      assertThat(VmDirectory.open(storage).vmsd().currentUid()).contains(1L);
    }
  }

  @Test
  void machineThatCannotBeMadeReadyGoesOn() throws Exception {
    try (VmStorage storage = new LocalStorage(directory);
        RunnerProcess runner = new RunnerProcess(directory, definition(), folder.resolve("1"))) {
      runner.awaitConsole("vmsnap: records", BOOT);
      create();
      long qemu = runner.qemuPid();
      Files.move(directory.resolve("vmlinuz"), directory.resolve("gone"));

      TaskOutcome outcome = revert("PoweredOn");

      assertThat(outcome.reason()).isEqualTo(TaskReason.HypervisorFailed);
      assertThat(outcome.message()).contains("vmlinuz");
      assertThat(runner.qemuPid()).isEqualTo(qemu);
      assertThat(runner.status().runState()).isEqualTo("Running");
      assertThat(VmDirectory.open(storage).disks().getFirst().active().fileName())
          .isEqualTo("web-000001.vmdk");
      assertThat(storage.list("")).doesNotContain("web-000002.vmdk");
      assertThat(storage.exists(".vmsnap/journal.json")).isFalse();
    }
  }

  private static int boots(RunnerProcess runner) throws Exception {
    return runner.consoleText().split("vmsnap: guest up", -1).length - 1;
  }

  private void create() throws Exception {
    TaskOutcome outcome =
        new JobRun(directory, definition())
            .run(
                "create",
                new CreateSnapshotTask("r-" + ++requests, "s", "", false, "None", 0, 120, 32, 0));
    assertThat(outcome.reason()).as(outcome.message()).isEqualTo(TaskReason.Completed);
  }

  private TaskOutcome revert(String power) throws Exception {
    return new JobRun(directory, definition())
        .run("revert", new RevertSnapshotTask("v-" + ++requests, 1, power, null, 120, 32, 0));
  }

  private static VmDefinition definition() {
    return new VmDefinition(
        "web",
        "5c1e3a0e-0000-4000-8000-000000abcdef",
        new VmDefinition.Hardware(1, 192L << 20, "bios", null, "tcg"),
        List.of(new VmDefinition.Disk("data", null, "data.img")),
        new VmDefinition.Boot(
            "vmlinuz", "initrd.img", GuestImage.CMDLINE + " vmsnap.mode=writer vmsnap.pause=20"),
        List.of(new VmDefinition.Port("agent", 9, "TCP")),
        true,
        60);
  }
}
