package io.vmsnap.runner;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.harness.guest.GuestImage;
import io.vmsnap.harness.guest.GuestOverlay;
import io.vmsnap.job.JobRun;
import io.vmsnap.runner.RamRounds.Round;
import io.vmsnap.snapshot.DirectoryChecker;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.ExitCode;
import io.vmsnap.task.RevertSnapshotTask;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.VmsnFile;
import io.vmsnap.vmdir.memory.MemoryFile;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest with three CPUs, two disks and 2 GiB of RAM that works on all of them while its memory is
 * saved, in both ways, and while it goes back.
 */
@Timeout(900)
class RunnerMemoryIT {
  private static final long RAM = 2L << 30;
  private static final Duration LONG = Duration.ofSeconds(300);
  private static final Duration END = Duration.ofSeconds(120);

  @TempDir Path folder;
  private Path directory;

  @BeforeEach
  void layOutDirectory() throws Exception {
    GuestImage guest = GuestImage.get();
    directory = Files.createDirectory(folder.resolve("vm"));
    Files.copy(guest.kernel(), directory.resolve("vmlinuz"));
    Files.copy(guest.data(), directory.resolve("data.img"));
    try (InputStream writer = getClass().getResourceAsStream("/busy-guest/writer")) {
      GuestOverlay.write(
          guest,
          directory.resolve("initrd.img"),
          Map.of(
              "sbin/writer", writer.readAllBytes(), "sbin/disk-writer", GuestOverlay.diskWriter()));
    }
  }

  @Test
  void busyGuestGoesOnWithItsMemoryItsFilesAndItsProcesses() throws Exception {
    try (VmStorage storage = new LocalStorage(directory)) {
      try (RunnerProcess runner =
          new RunnerProcess(directory, definition("writer"), folder.resolve("1"))) {
        awaitRound(runner, 2);
        Moment first = save(storage, runner, 1, MemoryFile.PRE_COPY);
        awaitRound(runner, first.after() + 2);
        Moment second = save(storage, runner, 2, MemoryFile.BACKGROUND_SNAPSHOT);
        awaitRound(runner, second.after() + 3);
        Map<Integer, String> checksums =
            RamRounds.of(runner.consoleText()).stream()
                .collect(Collectors.toMap(Round::number, Round::checksum));

        goBack(runner, second, "Eager", checksums);
        goBack(runner, first, "OnDemand", checksums);

        assertThat(runner.consoleText()).doesNotContain("DAMAGED");
        assertThat(runner.consoleText().split("vmsnap: guest up", -1)).as("one boot").hasSize(2);
        Awaitility.await().atMost(LONG).until(() -> runner.status().guestAgentConnected());
        RunnerProcess.signal(runner.process.pid(), "TERM");
        assertThat(runner.awaitEnd(END)).isEqualTo(ExitCode.DONE);
      }
      assertThat(DirectoryChecker.check(storage, false)).isEmpty();
      try (RunnerProcess checker =
          new RunnerProcess(directory, definition("verify"), folder.resolve("2"))) {
        assertThat(checker.awaitEnd(LONG)).isEqualTo(ExitCode.DONE);
        assertThat(checker.consoleText()).contains("vmsnap: verify ok");
      }
    }
  }

  /**
   * Where the guest was when it was saved: between these rounds.
   *
   * @param before printed before the job began
   * @param after printed when it had ended
   */
  private record Moment(long uid, int before, int after) {}

  private Moment save(VmStorage storage, RunnerProcess runner, long uid, String method)
      throws Exception {
    int before = last(runner);
    TaskOutcome outcome =
        new JobRun(directory, definition("writer"))
            .run(
                "create",
                new CreateSnapshotTask(
                    "c-" + uid, "s" + uid, "", true, "None", 0, 110, 32, 0, 0, method));
    int after = last(runner);
    assertThat(outcome.reason()).as(outcome.message()).isEqualTo(TaskReason.Completed);
    assertThat(outcome.snapshot().memory().method()).isEqualTo(method);
    VmsnFile state = VmsnFile.read(storage, "web-Snapshot%d.vmsn".formatted(uid));
    assertThat(state.memory().ramBytes()).isEqualTo(RAM);
    return new Moment(uid, before, after);
  }

  private void goBack(
      RunnerProcess runner, Moment moment, String load, Map<Integer, String> checksums)
      throws Exception {
    // One line may be cut off where one guest ends and the other goes on.
    int latest = moment.after() + 2;
    assertThat(last(runner)).as("beyond the moment, so that a return shows").isGreaterThan(latest);
    int returns = RamRounds.betweenReturns(runner.consoleText()).size();
    TaskOutcome outcome =
        new JobRun(directory, definition("writer"))
            .run(
                "revert",
                new RevertSnapshotTask(
                    "r-" + moment.uid(), moment.uid(), "FromSnapshot", load, 110, 32, 0));

    assertThat(outcome.reason()).as(outcome.message()).isEqualTo(TaskReason.Completed);
    assertThat(outcome.revert().memoryLoad()).isEqualTo(load);
    Awaitility.await("three rounds of the guest that is back")
        .atMost(LONG)
        .until(
            () -> {
              List<List<Round>> parts = RamRounds.betweenReturns(runner.consoleText());
              return parts.size() > returns && parts.getLast().size() >= 3;
            });
    List<Round> since = RamRounds.betweenReturns(runner.consoleText()).getLast();
    assertThat(since.getFirst().number()).isBetween(moment.before() + 1, latest);
    for (int i = 0; i < since.size(); i++) {
      Round round = since.get(i);
      assertThat(round.number()).isEqualTo(since.getFirst().number() + i);
      assertThat(round.openLines()).as("%s", round).isEqualTo(round.number());
      assertThat(round.counters()).as("%s", round).hasSize(3);
      if (checksums.containsKey(round.number())) {
        assertThat(round.checksum()).as("%s", round).isEqualTo(checksums.get(round.number()));
      }
    }
    for (int cpu = 0; cpu < 3; cpu++) {
      assertThat(since.getLast().counters().get(cpu))
          .as("CPU %d", cpu)
          .isGreaterThan(since.getFirst().counters().get(cpu));
    }
  }

  private static int last(RunnerProcess runner) throws Exception {
    return RamRounds.of(runner.consoleText()).getLast().number();
  }

  private static void awaitRound(RunnerProcess runner, int number) {
    Awaitility.await("round " + number)
        .atMost(LONG)
        .failFast(() -> !runner.process.isAlive())
        .until(
            () -> {
              List<Round> rounds = RamRounds.of(runner.consoleText());
              return !rounds.isEmpty() && rounds.getLast().number() >= number;
            });
  }

  private static VmDefinition definition(String mode) {
    return new VmDefinition(
        "web",
        "5c1e3a0e-0000-4000-8000-000000abcdef",
        new VmDefinition.Hardware(3, RAM, "bios", null, "tcg"),
        List.of(
            new VmDefinition.Disk("data", null, "data.img"),
            new VmDefinition.Disk("blocks", 64L << 20, null)),
        new VmDefinition.Boot("vmlinuz", "initrd.img", GuestImage.CMDLINE + " vmsnap.mode=" + mode),
        List.of(),
        true,
        60);
  }
}
