package io.vmsnap.runner;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.harness.guest.GuestImage;
import io.vmsnap.job.JobRun;
import io.vmsnap.snapshot.DirectoryChecker;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.ExitCode;
import io.vmsnap.task.SuspendTask;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmsnFile;
import io.vmsnap.vmdir.VmxFile;
import io.vmsnap.vmdir.memory.MemoryFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real guest is suspended and goes on in another runner. */
@Timeout(500)
class RunnerSuspendIT {
  private static final Duration BOOT = Duration.ofSeconds(180);
  private static final Duration END = Duration.ofSeconds(90);

  @TempDir Path folder;
  private Path directory;

  @BeforeEach
  void layOutDirectory() throws Exception {
    GuestImage guest = GuestImage.get();
    directory = Files.createDirectory(folder.resolve("vm"));
    Files.copy(guest.kernel(), directory.resolve("vmlinuz"));
    Files.copy(guest.initrd(), directory.resolve("initrd.img"));
    Files.copy(guest.data(), directory.resolve("data.img"));
  }

  @Test
  void suspendedGuestGoesOnWhereItWas() throws Exception {
    int before;
    try (VmStorage storage = new LocalStorage(directory);
        RunnerProcess runner = new RunnerProcess(directory, definition(), folder.resolve("1"))) {
      runner.awaitConsole("vmsnap: records", BOOT);

      TaskOutcome outcome = suspend("s-1");

      assertThat(outcome.reason()).as(outcome.message()).isEqualTo(TaskReason.Completed);
      assertThat(runner.awaitEnd(END)).isEqualTo(ExitCode.DONE);
      before = lastRecord(runner);
      assertThat(VmDirectory.readVmx(storage, "web").get(VmxFile.RESUME_FROM)).contains("web.vmss");
      MemoryFile.checkAll(
          storage, "web.vmss", VmsnFile.read(storage, "web.vmss").memory(), bytes -> {});
      assertThat(suspend("s-1").reason()).as("asked again").isEqualTo(TaskReason.Completed);
    }

    try (VmStorage storage = new LocalStorage(directory);
        RunnerProcess runner = new RunnerProcess(directory, definition(), folder.resolve("2"))) {
      Awaitility.await().atMost(BOOT).until(() -> runner.consoleText().contains("vmsnap: records"));
      assertThat(runner.consoleText()).as("no second boot").doesNotContain("guest up");
      assertThat(lastRecord(runner)).isGreaterThan(before);
      assertThat(storage.exists("web.vmss")).isFalse();
      assertThat(VmDirectory.readVmx(storage, "web").get(VmxFile.RESUME_FROM)).isEmpty();
      Awaitility.await().atMost(BOOT).until(() -> runner.status().guestAgentConnected());
      RunnerProcess.signal(runner.process.pid(), "TERM");
      assertThat(runner.awaitEnd(END)).isEqualTo(ExitCode.DONE);
      assertThat(DirectoryChecker.check(storage, false)).isEmpty();
    }
  }

  @Test
  void machineThatIsOffHasNothingToSuspend() throws Exception {
    TaskOutcome outcome = suspend("s-1");

    assertThat(outcome.reason()).isEqualTo(TaskReason.MemoryNotAvailable);
  }

  private static int lastRecord(RunnerProcess runner) throws Exception {
    String[] parts = runner.consoleText().split("vmsnap: records ");
    return Integer.parseInt(parts[parts.length - 1].split("\\D", 2)[0]);
  }

  private TaskOutcome suspend(String requestId) throws Exception {
    return new JobRun(directory, definition()).run("suspend", new SuspendTask(requestId, 120, 0));
  }

  private static VmDefinition definition() {
    return new VmDefinition(
        "web",
        "5c1e3a0e-0000-4000-8000-000000abcdef",
        new VmDefinition.Hardware(2, 192L << 20, "bios", null, "tcg"),
        List.of(new VmDefinition.Disk("data", null, "data.img")),
        new VmDefinition.Boot(
            "vmlinuz", "initrd.img", GuestImage.CMDLINE + " vmsnap.mode=writer vmsnap.pause=20"),
        List.of(),
        true,
        60);
  }
}
