package io.vmsnap.runner;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.disk.ExternalTool;
import io.vmsnap.harness.guest.GuestImage;
import io.vmsnap.job.JobRun;
import io.vmsnap.runner.control.ControlClient;
import io.vmsnap.runner.control.ControlServer;
import io.vmsnap.snapshot.DirectoryChecker;
import io.vmsnap.snapshot.DirectoryFinding;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.ExitCode;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
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
@Timeout(900)
class RunnerQuiesceIT {
  private static final Duration BOOT = Duration.ofSeconds(180);
  private static final Duration SOON = Duration.ofSeconds(30);

  /** A guest is frozen for some milliseconds only. */
  private static final int TRIES = 10;

  @TempDir Path folder;
  private Path directory;
  private JobRun run;
  private int requests;

  @BeforeEach
  void layOutDirectory() throws Exception {
    GuestImage guest = GuestImage.get();
    directory = Files.createDirectory(folder.resolve("vm"));
    run = new JobRun(directory, definition(true));
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

  /** The deadline is far away: it is the connection that tells. */
  @Test
  void guestIsThawedWhenTheJobIsKilledWhileItIsFrozen() throws Exception {
    try (VmStorage storage = new LocalStorage(directory);
        RunnerProcess runner =
            new RunnerProcess(directory, definition(true), folder.resolve("1"))) {
      awaitGuest(runner);
      Process job;
      do {
        assertThat(requests).as("attempts to kill it in time").isLessThan(TRIES);
        job = startAndAwaitFreeze(runner, 300);
        job.destroyForcibly().waitFor();
        awaitMoreRecords(runner);
      } while (!runner.log().contains("its job is gone"));

      TaskOutcome next = create("Required");

      assertThat(next.reason()).as(next.message()).isEqualTo(TaskReason.Completed);
      assertThat(next.snapshot().consistency()).isEqualTo("FileSystem");
      assertThat(DirectoryChecker.check(storage, false))
          .as("but for the disk in use")
          .allMatch(f -> f.severity() == DirectoryFinding.Severity.NOTICE);
      assertThat(VmDirectory.open(storage).vmsd().snapshots())
          .allSatisfy(
              s -> assertThat(s.property(SnapshotEntry.CONSISTENCY)).contains("FileSystem"));
    }
  }

  /** The job stands still over the deadline, and finds out when it goes on. */
  @Test
  void snapshotThatWasThawedEarlyIsTakenBackFromARunningGuest() throws Exception {
    try (VmStorage storage = new LocalStorage(directory)) {
      try (RunnerProcess runner =
          new RunnerProcess(directory, definition(true), folder.resolve("1"))) {
        awaitGuest(runner);
        TaskOutcome outcome;
        do {
          assertThat(requests).as("attempts to stop it in time").isLessThan(TRIES);
          Process job = startAndAwaitFreeze(runner, 3);
          RunnerProcess.signal(job.pid(), "STOP");
          awaitMoreRecords(runner); // although the job stands still
          Awaitility.await().pollDelay(Duration.ofSeconds(3)).until(() -> true);
          RunnerProcess.signal(job.pid(), "CONT");
          outcome = run.await(job);
        } while (outcome.reason() == TaskReason.Completed);

        assertThat(outcome.reason()).as(outcome.message()).isEqualTo(TaskReason.ThawedEarly);
        assertThat(runner.log()).contains("its deadline passed");
        assertThat(storage.exists(".vmsnap/journal.json")).isFalse();
        assertThat(VmDirectory.open(storage).vmsd().snapshots()).hasSize(requests - 1);
        assertThat(VmDirectory.open(storage).disks().getFirst().chain()).hasSize(requests);
        awaitMoreRecords(runner);
        assertThat(create("Required").reason()).isEqualTo(TaskReason.Completed);
        RunnerProcess.signal(runner.process.pid(), "TERM");
        assertThat(runner.awaitEnd(BOOT)).isEqualTo(ExitCode.DONE);
        assertThat(DirectoryChecker.check(storage, false)).isEmpty();
      }
      try (RunnerProcess checker =
          new RunnerProcess(directory, definition(true, "verify"), folder.resolve("2"))) {
        assertThat(checker.awaitEnd(BOOT)).isEqualTo(ExitCode.DONE);
        assertThat(checker.consoleText()).contains("vmsnap: verify ok");
      }
    }
  }

  @Test
  void agentThatHangsIsNotWaitedForAndWorksAgainLater() throws Exception {
    try (RunnerProcess runner =
        new RunnerProcess(
            directory,
            definition(true, "writer vmsnap.pause=20 vmsnap.agent=hang"),
            folder.resolve("1"))) {
      runner.awaitConsole("vmsnap: agent hangs", BOOT);

      TaskOutcome required = create("Required", 3);
      TaskOutcome bestEffort = create("BestEffort", 3);

      assertThat(required.reason())
          .as(required.message())
          .isIn(TaskReason.AgentNotConnected, TaskReason.FreezeTimeout);
      assertThat(bestEffort.reason()).as(bestEffort.message()).isEqualTo(TaskReason.Completed);
      assertThat(bestEffort.snapshot().uid()).isEqualTo(1);
      assertThat(bestEffort.snapshot().consistency()).isEqualTo("Crash");
      assertThat(bestEffort.snapshot().quiesce().quiesced()).isFalse();
      runner.awaitConsole("vmsnap: agent goes on", BOOT);
      awaitMoreRecords(runner);
      TaskOutcome later = create("Required");
      assertThat(later.reason()).as(later.message()).isEqualTo(TaskReason.Completed);
      assertThat(later.snapshot().quiesce().quiesced()).isTrue();
    }
  }

  /** A job whose freeze has just been granted. */
  private Process startAndAwaitFreeze(RunnerProcess runner, int deadlineSeconds) throws Exception {
    int before = freezes(runner);
    Process job = run.start("create", task("Required", deadlineSeconds));
    while (job.isAlive() && freezes(runner) == before) {
      Thread.onSpinWait();
    }
    return job;
  }

  private static int freezes(RunnerProcess runner) throws Exception {
    return runner.log().split("of the guest are frozen", -1).length - 1;
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
    return create(quiesce, 10);
  }

  private TaskOutcome create(String quiesce, int deadlineSeconds) throws Exception {
    return run.run("create", task(quiesce, deadlineSeconds));
  }

  private CreateSnapshotTask task(String quiesce, int deadlineSeconds) {
    return new CreateSnapshotTask(
        "r-" + ++requests, "s", "", false, quiesce, deadlineSeconds, 120, 32, 0);
  }

  private static VmDefinition definition(boolean agent) {
    return definition(agent, "writer vmsnap.pause=20");
  }

  private static VmDefinition definition(boolean agent, String mode) {
    return new VmDefinition(
        "web",
        "5c1e3a0e-0000-4000-8000-000000abcdef",
        new VmDefinition.Hardware(1, 192L << 20, "bios", null, "tcg"),
        List.of(new VmDefinition.Disk("data", null, "data.img")),
        new VmDefinition.Boot("vmlinuz", "initrd.img", GuestImage.CMDLINE + " vmsnap.mode=" + mode),
        List.of(),
        agent,
        60);
  }
}
