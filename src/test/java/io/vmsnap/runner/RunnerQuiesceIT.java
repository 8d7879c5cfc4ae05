package io.vmsnap.runner;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.ExternalTool;
import io.vmsnap.harness.guest.GuestImage;
import io.vmsnap.job.JobRun;
import io.vmsnap.runner.control.ControlClient;
import io.vmsnap.runner.control.ControlServer;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Quiescing of a real guest that writes to its ext4 all the time. */
@Timeout(500)
class RunnerQuiesceIT {
  private static final Duration BOOT = Duration.ofSeconds(180);
  private static final Duration SOON = Duration.ofSeconds(30);

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
  void quiescedFileSystemNeedsNoReplayAndTheOtherDoes() throws Exception {
    try (RunnerProcess runner =
        new RunnerProcess(directory, definition(true), folder.resolve("1"))) {
      awaitGuest(runner);

      TaskOutcome quiesced = create("Required");
      awaitMoreRecords(runner);
      TaskOutcome plain = create("None");
      awaitMoreRecords(runner);

      assertThat(quiesced.reason()).as(quiesced.message()).isEqualTo(TaskReason.Completed);
      assertThat(quiesced.snapshot().consistency()).isEqualTo("FileSystem");
      assertThat(quiesced.snapshot().quiesce().quiesced()).isTrue();
      assertThat(quiesced.snapshot().quiesce().fileSystems()).isPositive();
      assertThat(quiesced.snapshot().quiesce().flushMillis()).isPositive();
      assertThat(quiesced.snapshot().timing().freezeMillis())
          .isGreaterThan(quiesced.snapshot().timing().stunMillis());
      assertThat(plain.snapshot().consistency()).isEqualTo("Crash");
      assertThat(plain.snapshot().quiesce()).isNull();
    }
    assertThat(features("web.vmdk")).doesNotContain("needs_recovery");
    assertThat(features("web-000001.vmdk")).contains("needs_recovery");
  }

  @Test
  void guestIsThawedWhenTheJobDiesOrForgetsIt() throws Exception {
    try (RunnerProcess runner =
        new RunnerProcess(directory, definition(true), folder.resolve("1"))) {
      awaitGuest(runner);
      Path socket = directory.resolve(ControlServer.SOCKET);

      ControlClient killed = ControlClient.connect(socket);
      assertThat(killed.freeze(Duration.ofMinutes(5))).isPositive();
      assertStandsStill(runner);
      killed.close(); // what the kernel does for a process that is killed
      awaitMoreRecords(runner);

      try (ControlClient forgetful = ControlClient.connect(socket)) {
        forgetful.freeze(Duration.ofSeconds(3));
        assertStandsStill(runner);
        awaitMoreRecords(runner);
        assertThat(forgetful.thaw()).as("frozen until now").isFalse();
      }
    }
  }

  @Test
  void withoutAgentThePolicyDecides() throws Exception {
    try (RunnerProcess runner =
        new RunnerProcess(directory, definition(false), folder.resolve("1"))) {
      runner.awaitConsole("vmsnap: records", BOOT);

      TaskOutcome required = create("Required");
      TaskOutcome bestEffort = create("BestEffort");

      assertThat(required.reason()).isEqualTo(TaskReason.AgentNotConnected);
      assertThat(Files.exists(directory.resolve("web-Snapshot2.vmsn"))).isFalse();
      assertThat(bestEffort.reason()).as(bestEffort.message()).isEqualTo(TaskReason.Completed);
      assertThat(bestEffort.snapshot().uid()).isEqualTo(1);
      assertThat(bestEffort.snapshot().consistency()).isEqualTo("Crash");
      assertThat(bestEffort.snapshot().quiesce().quiesced()).isFalse();
      assertThat(bestEffort.snapshot().quiesce().reason()).isEqualTo("AgentNotConnected");
    }
  }

  private void awaitGuest(RunnerProcess runner) {
    runner.awaitConsole("vmsnap: records", BOOT);
    Awaitility.await().atMost(BOOT).until(() -> runner.status().guestAgentConnected());
  }

  private static void awaitMoreRecords(RunnerProcess runner) throws Exception {
    int before = records(runner);
    Awaitility.await().atMost(SOON).until(() -> records(runner) > before);
  }

  /** The guest's processes that write wait; its console shows no new record. */
  private static void assertStandsStill(RunnerProcess runner) throws Exception {
    // What was on its way to the console when the guest froze may still come.
    Awaitility.await().pollDelay(Duration.ofMillis(500)).until(() -> true);
    int before = records(runner);
    Awaitility.await().pollDelay(Duration.ofMillis(1200)).until(() -> true);
    assertThat(records(runner)).isEqualTo(before);
  }

  private static int records(RunnerProcess runner) throws Exception {
    return runner.consoleText().split("vmsnap: records", -1).length - 1;
  }

  /** Features of the ext4 on a frozen disk, as e2fsprogs sees them. */
  private String features(String descriptor) throws Exception {
    Path raw = folder.resolve("disk.raw");
    ExternalTool.named("qemu-img")
        .run(directory, "convert", "-f", "vmdk", "-O", "raw", descriptor, raw.toString());
    return ExternalTool.named("dumpe2fs")
        .run(directory, "-h", raw.toString())
        .lines()
        .filter(line -> line.startsWith("Filesystem features"))
        .findFirst()
        .orElseThrow();
  }

  private TaskOutcome create(String quiesce) throws Exception {
    return new JobRun(directory, definition(true))
        .run(
            "create",
            new CreateSnapshotTask("r-" + ++requests, "s", "", false, quiesce, 10, 120, 32, 0));
  }

  private static VmDefinition definition(boolean agent) {
    return new VmDefinition(
        "web",
        "5c1e3a0e-0000-4000-8000-000000abcdef",
        new VmDefinition.Hardware(1, 192L << 20, "bios", null, "tcg"),
        List.of(new VmDefinition.Disk("data", null, "data.img")),
        new VmDefinition.Boot(
            "vmlinuz", "initrd.img", GuestImage.CMDLINE + " vmsnap.mode=writer vmsnap.pause=20"),
        List.of(),
        agent,
        60);
  }
}
