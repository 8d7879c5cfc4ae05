package io.vmsnap.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.harness.guest.GuestImage;
import io.vmsnap.job.JobRun;
import io.vmsnap.runner.control.ControlClient;
import io.vmsnap.runner.control.ControlServer;
import io.vmsnap.snapshot.DirectoryChecker;
import io.vmsnap.snapshot.DirectoryFinding;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.DescribeSnapshotTask;
import io.vmsnap.task.ExitCode;
import io.vmsnap.task.RevertSnapshotTask;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.RevertLedger;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmxFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
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

  /** Records after which the guest is surely not where it was. */
  private static final long BEYOND = 50;

  private static final Pattern RECORDS = Pattern.compile("vmsnap: records (\\d+)\n");

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
      assertThat(runner.status().lastRevertId()).isEqualTo("v-" + requests);
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

  /**
   * Twenty times the guest goes on where it was, with the disk it had then: it counts its records
   * on, never boots, and what it wrote in the end is whole.
   */
  @Test
  void guestGoesOnWhereItWasTwentyTimes() throws Exception {
    try (VmStorage storage = new LocalStorage(directory)) {
      try (RunnerProcess runner = new RunnerProcess(directory, definition(), folder.resolve("1"))) {
        runner.awaitConsole("vmsnap: records", BOOT);
        create(true);
        long atSnapshot = lastRecord(runner.consoleText());
        String frozen = sha256("web-flat.vmdk");
        String memory = sha256("web-Snapshot1.vmsn");
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
          awaitRecord(runner, 0, atSnapshot + BEYOND);
          int console = runner.consoleText().length();

          TaskOutcome outcome = revert(i % 4 == 3 ? "PoweredOn" : "FromSnapshot", i % 5 == 4);

          assertThat(outcome.reason()).as(outcome.message()).isEqualTo(TaskReason.Completed);
          assertThat(outcome.revert().powerState()).isEqualTo("PoweredOn");
          assertThat(outcome.revert().memoryLoad()).isEqualTo(i % 5 == 4 ? "Eager" : "OnDemand");
          times.add(outcome.revert().timing().runningMillis());
          assertThat(VmDirectory.readVmx(storage, "web").get(VmxFile.RESUME_FROM))
              .as("memory may not be resumed twice")
              .isEmpty();
          Awaitility.await("the guest is back")
              .atMost(Duration.ofSeconds(60))
              .pollInterval(Duration.ofMillis(50))
              .until(
                  // it says its number about once a second, and was beyond before
                  () ->
                      records(runner.consoleText().substring(console)).stream()
                          .anyMatch(n -> n >= atSnapshot && n < atSnapshot + BEYOND));
          assertThat(storage.list("").stream().filter(f -> f.endsWith("-delta.vmdk"))).hasSize(1);
        }
        System.out.println("until the guest ran, in ms: " + times);
        assertThat(boots(runner)).isEqualTo(1);
        assertThat(sha256("web-flat.vmdk")).isEqualTo(frozen);
        assertThat(sha256("web-Snapshot1.vmsn")).isEqualTo(memory);
        Awaitility.await().atMost(BOOT).until(() -> runner.status().guestAgentConnected());
        RunnerProcess.signal(runner.process.pid(), "TERM");
        assertThat(runner.awaitEnd(END)).isEqualTo(ExitCode.DONE);
      }
      assertThat(DirectoryChecker.check(storage, false)).isEmpty();
      try (RunnerProcess checker =
          new RunnerProcess(directory, definition("verify"), folder.resolve("2"))) {
        assertThat(checker.awaitEnd(BOOT)).isEqualTo(ExitCode.DONE);
        assertThat(checker.consoleText()).contains("vmsnap: verify ok");
      }
    }
  }

  /** Killed anywhere, a job leaves a machine that runs on the disks that its directory names. */
  @Test
  void jobsKilledAtAnyInstantLeaveAWholeMachine() throws Exception {
    long seed = Long.getLong("vmsnap.seed", 20261123);
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    JobRun jobs = new JobRun(directory, definition());
    try (VmStorage storage = new LocalStorage(directory)) {
      try (RunnerProcess runner = new RunnerProcess(directory, definition(), folder.resolve("1"))) {
        runner.awaitConsole("vmsnap: records", BOOT);
        create(true);
        long begin = System.nanoTime();
        assertThat(revert("FromSnapshot").reason()).isEqualTo(TaskReason.Completed);
        double whole = (System.nanoTime() - begin) / 1e6;
        int reverted = 0;
        for (int i = 0; i < 8; i++) {
          String id = "k-" + i;
          RevertSnapshotTask task =
              new RevertSnapshotTask(id, 1, "FromSnapshot", "OnDemand", 120, 32, 0);
          jobs.runAndKill(
              "revert", task, Duration.ofMillis((long) (whole * random.nextDouble(0.4, 1.1))));
          boolean served = RevertLedger.read(storage).find(id).isPresent();
          reverted += served ? 1 : 0;

          TaskOutcome recovered =
              jobs.run("describe", new DescribeSnapshotTask("d-" + i, 1, null, "round " + i, 60));

          assertThat(recovered.reason()).as(recovered.message()).isEqualTo(TaskReason.Completed);
          assertThat(storage.exists(".vmsnap/journal.json")).isFalse();
          assertThat(DirectoryChecker.check(storage, true))
              .noneMatch(f -> f.severity() == DirectoryFinding.Severity.ERROR);
          assertThat(storage.list("").stream().filter(f -> f.endsWith("-delta.vmdk")))
              .as("neither a new delta nor an abandoned one is left over")
              .hasSize(1);
          int console = runner.consoleText().length();
          awaitRecord(runner, console, 0);
        }
        System.out.println("killed after the commit point: " + reverted + " of 8");
        assertThat(revert("FromSnapshot").reason()).isEqualTo(TaskReason.Completed);
        assertThat(boots(runner)).isEqualTo(1);
        Awaitility.await().atMost(BOOT).until(() -> runner.status().guestAgentConnected());
        RunnerProcess.signal(runner.process.pid(), "TERM");
        assertThat(runner.awaitEnd(END)).isEqualTo(ExitCode.DONE);
      }
      try (RunnerProcess checker =
          new RunnerProcess(directory, definition("verify"), folder.resolve("2"))) {
        assertThat(checker.awaitEnd(BOOT)).isEqualTo(ExitCode.DONE);
        assertThat(checker.consoleText()).contains("vmsnap: verify ok");
      }
    }
  }

  /** With memory, without, and by a machine that is off: what VMware's manager shows. */
  @Test
  void powerIsThatOfTheSnapshot() throws Exception {
    try (VmStorage storage = new LocalStorage(directory)) {
      try (RunnerProcess runner = new RunnerProcess(directory, definition(), folder.resolve("1"))) {
        runner.awaitConsole("vmsnap: records", BOOT);
        create(true);
        create(false);
        create(false);
        assertThat(revertTo(2, "FromSnapshot", false).revert().powerState())
            .isEqualTo("PoweredOff");
        assertThat(runner.awaitEnd(END)).isEqualTo(ExitCode.DONE);
      }
      TaskOutcome outcome = revertTo(1, "FromSnapshot", false);

      assertThat(outcome.revert().powerState()).isEqualTo("PoweredOn");
      assertThat(VmDirectory.readVmx(storage, "web").get(VmxFile.RESUME_FROM))
          .contains("web-Snapshot1.vmsn");
      try (RunnerProcess runner = new RunnerProcess(directory, definition(), folder.resolve("2"))) {
        awaitRecord(runner, 0, 0);
        assertThat(boots(runner)).as("it goes on and does not boot").isZero();
        assertThat(VmDirectory.readVmx(storage, "web").get(VmxFile.RESUME_FROM)).isEmpty();
      }
      assertThat(VmDirectory.open(storage).vmsd().snapshots()).hasSize(3);
      assertThat(VmDirectory.open(storage).vmsd().currentUid()).contains(1L);
    }
  }

  /**
   * RAM that is mapped from a file cannot be saved in the background; it is saved all the same. And
   * a job that dies after it made a machine ready leaves the running one alone.
   */
  @Test
  void memoryOfAMachineThatWasRevertedIsSavedAgain() throws Exception {
    try (VmStorage storage = new LocalStorage(directory);
        RunnerProcess runner = new RunnerProcess(directory, definition(), folder.resolve("1"))) {
      runner.awaitConsole("vmsnap: records", BOOT);
      create(true);
      assertThat(revert("FromSnapshot").reason()).isEqualTo(TaskReason.Completed);
      awaitRecord(runner, 0, 0);
      create(true);
      long second = lastRecord(runner.consoleText());
      awaitRecord(runner, 0, second + BEYOND);
      long qemu = runner.qemuPid();
      Files.copy(directory.resolve("web.vmx"), directory.resolve(".vmsnap/other.vmx"));
      try (ControlClient job = ControlClient.connect(directory.resolve(ControlServer.SOCKET))) {
        // its disks are in use: the machine cannot be made ready
        assertThatThrownBy(() -> job.prepare(".vmsnap/other.vmx", Duration.ofSeconds(30)))
            .hasMessageContaining("lock");
      }
      assertThat(runner.qemuPid()).isEqualTo(qemu);
      int console = runner.consoleText().length();

      TaskOutcome outcome = revertTo(2, "FromSnapshot", false);

      assertThat(outcome.reason()).as(outcome.message()).isEqualTo(TaskReason.Completed);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () ->
                  records(runner.consoleText().substring(console)).stream()
                      .anyMatch(n -> n >= second && n < second + BEYOND));
      assertThat(boots(runner)).isEqualTo(1);
      assertThat(VmDirectory.open(storage).vmsd().currentUid()).contains(2L);
    }
  }

  private static void awaitRecord(RunnerProcess runner, int from, long least) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(50))
        .until(() -> lastRecord(runner.consoleText().substring(from)) > least);
  }

  private static long lastRecord(String console) {
    return records(console).stream().reduce(-1L, (first, last) -> last);
  }

  private static List<Long> records(String console) {
    return RECORDS.matcher(console).results().map(r -> Long.parseLong(r.group(1))).toList();
  }

  private String sha256(String file) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(directory.resolve(file))));
  }

  private static int boots(RunnerProcess runner) throws Exception {
    return runner.consoleText().split("vmsnap: guest up", -1).length - 1;
  }

  private void create() throws Exception {
    create(false);
  }

  private void create(boolean memory) throws Exception {
    TaskOutcome outcome =
        new JobRun(directory, definition())
            .run(
                "create",
                new CreateSnapshotTask("r-" + ++requests, "s", "", memory, "None", 0, 120, 32, 0));
    assertThat(outcome.reason()).as(outcome.message()).isEqualTo(TaskReason.Completed);
  }

  private TaskOutcome revert(String power) throws Exception {
    return revert(power, false);
  }

  private TaskOutcome revert(String power, boolean eager) throws Exception {
    return revertTo(1, power, eager);
  }

  private TaskOutcome revertTo(long uid, String power, boolean eager) throws Exception {
    return new JobRun(directory, definition())
        .run(
            "revert",
            new RevertSnapshotTask(
                "v-" + ++requests, uid, power, eager ? "Eager" : "OnDemand", 120, 32, 0));
  }

  private static VmDefinition definition() {
    return definition("writer vmsnap.pause=20");
  }

  private static VmDefinition definition(String mode) {
    return new VmDefinition(
        "web",
        "5c1e3a0e-0000-4000-8000-000000abcdef",
        new VmDefinition.Hardware(1, 192L << 20, "bios", null, "tcg"),
        List.of(new VmDefinition.Disk("data", null, "data.img")),
        new VmDefinition.Boot("vmlinuz", "initrd.img", GuestImage.CMDLINE + " vmsnap.mode=" + mode),
        List.of(new VmDefinition.Port("agent", 9, "TCP")),
        true,
        60);
  }
}
