package io.vmsnap.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vmsnap.disk.chain.ChainContent;
import io.vmsnap.disk.chain.DiskChain;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.DeltaLayout;
import io.vmsnap.harness.guest.GuestImage;
import io.vmsnap.snapshot.SnapshotCreation;
import io.vmsnap.snapshot.StopSignal;
import io.vmsnap.snapshot.VmConnector;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.ExitCode;
import io.vmsnap.task.RunnerStatus;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.DirectoryPreparer;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real guest under TCG, in a runner that is a process of its own. */
@Timeout(400)
class RunnerIT {
  private static final Duration BOOT = Duration.ofSeconds(180);
  private static final Duration END = Duration.ofSeconds(90);
  private static final String DELTA = "web-000001.vmdk";

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
        List.of(),
        true,
        60);
  }

  private RunnerProcess runner(String name) throws Exception {
    return new RunnerProcess(directory, definition(), folder.resolve(name));
  }

  private static void snapshotOfTheMachineThatIsOff(VmStorage storage) throws Exception {
    new DirectoryPreparer(storage, definition()).prepare();
    new SnapshotCreation(
            storage,
            VmConnector.POWERED_OFF,
            Clock.systemUTC(),
            new StopSignal(Duration.ofMinutes(1)),
            Duration.ofSeconds(5))
        .run(
            definition(),
            new CreateSnapshotTask("request-1", "first", "", false, "None", 0, 60, 32, 20));
  }

  @Test
  void runsAGuestPowersItOffOnRequestAndSealsItsDelta() throws Exception {
    try (VmStorage storage = new LocalStorage(directory)) {
      snapshotOfTheMachineThatIsOff(storage);
      try (RunnerProcess runner = runner("first")) {
        runner.awaitConsole("vmsnap: records", BOOT);

        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .untilAsserted(
                () -> assertThat(runner.status().guestAgentConnected()).as("agent").isTrue());
        RunnerStatus status = runner.status();
        assertThat(status.powerState()).isEqualTo("PoweredOn");
        assertThat(status.runState()).isEqualTo("Running");
        assertThat(status.accelerator()).isEqualTo("tcg");
        assertThat(status.currentUid()).isEqualTo(1L);
        assertThat(status.snapshots()).hasSize(1);
        assertThat(status.directory().baseBytes()).isPositive();
        assertThat(status.problem()).isNull();
        assertThat(runner.get("/healthz")).isEqualTo("ok\n");
        assertThat(runner.get("/metrics"))
            .contains("vmsnap_qemu_up 1\n", "vmsnap_chain_depth{disk=\"scsi0:0\"} 1\n");
        DeltaDisk delta = DeltaDisk.open(storage, DELTA);
        assertThat(delta.header(storage).uncleanShutdown()).as("its tables lag").isTrue();

        RunnerProcess.signal(runner.process.pid(), "TERM");
        assertThat(runner.awaitEnd(END)).as(runner.everything()).isEqualTo(ExitCode.DONE);

        assertThat(runner.outcome().reason()).isEqualTo(TaskReason.Completed);
        assertThat(runner.consoleText()).contains("writer stopped");
        assertThat(delta.header(storage).uncleanShutdown()).as("its tables lag").isFalse();
        assertThat(storage.size(delta.files().extent()) % DeltaLayout.STEP).isZero();
        assertBothViewsAgree(storage);
      }
      try (RunnerProcess checker =
          new RunnerProcess(directory, definition("verify"), folder.resolve("checker"))) {
        assertThat(checker.awaitEnd(BOOT)).as(checker.everything()).isEqualTo(ExitCode.DONE);
        assertThat(checker.outcome().message()).isEqualTo("the guest powered off (guest-shutdown)");
        assertThat(checker.consoleText()).contains("vmsnap: verify ok");
      }
    }
  }

  private static void assertBothViewsAgree(VmStorage storage) throws Exception {
    DiskChain chain = DiskChain.open(storage, DELTA);
    int step = 1 << 20;
    long written = 0;
    try (ChainContent index = chain.content(storage, DiskChain.View.INDEX);
        ChainContent tables = chain.content(storage, DiskChain.View.TABLES)) {
      for (long at = 0; at < chain.capacity(); at += step) {
        ByteBuffer one = ByteBuffer.allocate(step);
        ByteBuffer other = ByteBuffer.allocate(step);
        index.read(one, at);
        tables.read(other, at);
        assertThat(one.flip()).as("MiB " + at / step).isEqualTo(other.flip());
        written += index.layers().getLast().runs(at, step).size();
      }
    }
    assertThat(written).as("the guest wrote something").isGreaterThan(chain.capacity() / step);
  }

  @Test
  void endsWithAReasonWhenQemuIsKilledAndDiesNotAlone() throws Exception {
    try (RunnerProcess runner = runner("first")) {
      runner.awaitConsole("vmsnap: guest up", BOOT);
      try (RunnerProcess second = runner("second")) {
        assertThat(second.awaitEnd(END)).isEqualTo(ExitCode.RETRY);
        assertThat(second.outcome().reason()).isEqualTo(TaskReason.VMBusy);
        assertThat(second.outcome().message()).contains(".vmsnap/runner.lock");
      }

      RunnerProcess.signal(runner.qemuPid(), "KILL");

      assertThat(runner.awaitEnd(END)).isEqualTo(ExitCode.RETRY);
      assertThat(runner.outcome().reason()).isEqualTo(TaskReason.HypervisorFailed);
      assertThat(runner.outcome().message()).contains("QEMU ended by signal 9");
    }
    try (RunnerProcess third = runner("third")) {
      third.awaitConsole("vmsnap: guest up", BOOT);
      ProcessHandle qemu = ProcessHandle.of(third.qemuPid()).orElseThrow();
      third.process.destroyForcibly().waitFor();
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> assertThat(qemu.isAlive()).as("QEMU without runner").isFalse());
    }
  }

  @Test
  void pausesTheGuestOnAFullVolumeAndLetsItGoOnWhenThereIsSpace() throws Exception {
    Path volume = Files.createDirectory(folder.resolve("volume"));
    mount(volume, 70 << 20);
    try {
      for (String file : List.of("vmlinuz", "initrd.img", "data.img")) {
        copySparse(directory.resolve(file), volume.resolve(file));
      }
      try (RunnerProcess runner =
          new RunnerProcess(volume, definition("writer vmsnap.pause=1"), folder.resolve("full"))) {
        runner.awaitConsole("vmsnap: records", BOOT);
        Path ballast = volume.resolve("ballast");
        fill(ballast);
        Awaitility.await()
            .atMost(Duration.ofSeconds(90))
            .pollInterval(Duration.ofSeconds(1))
            .untilAsserted(
                () -> assertThat(runner.status().runState()).as("state").isEqualTo("IoError"));
        assertThat(runner.status().problem().reason()).isEqualTo(TaskReason.InsufficientSpace);
        int before = runner.consoleText().length();

        Files.delete(ballast);
        Files.delete(volume.resolve("vmlinuz"));

        Awaitility.await()
            .atMost(Duration.ofSeconds(90))
            .pollInterval(Duration.ofSeconds(1))
            .untilAsserted(
                () -> {
                  assertThat(runner.status().runState()).as("state").isEqualTo("Running");
                  assertThat(runner.status().problem()).as("problem").isNull();
                  assertThat(runner.consoleText().length()).as("console").isGreaterThan(before);
                });
      }
    } finally {
      run("umount", "--lazy", volume.toString());
    }
  }

  private static void mount(Path volume, long bytes) throws Exception {
    int status = run("mount", "-t", "tmpfs", "-o", "size=" + bytes, "tmpfs", volume.toString());
    if (status != 0) {
      assertThat(System.getenv("CI")).as("in CI a volume must be mountable").isNull();
      assumeTrue(false, "a small volume of its own cannot be mounted without root");
    }
  }

  private static void copySparse(Path from, Path to) throws Exception {
    assertThat(run("cp", "--sparse=always", from.toString(), to.toString())).isZero();
  }

  /** To the last block: the copy ends because the volume is full. */
  private static void fill(Path ballast) throws Exception {
    assertThat(run("dd", "if=/dev/zero", "of=" + ballast, "bs=64k", "status=none")).isNotZero();
  }

  private static int run(String... command) throws Exception {
    return new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  @Test
  void saysWhatIsWrongWithTheDirectory() throws Exception {
    Files.delete(directory.resolve("data.img"));
    try (RunnerProcess runner = runner("first")) {
      assertThat(runner.awaitEnd(END)).isEqualTo(ExitCode.FAILED);
      assertThat(runner.outcome().message()).contains("data.img");
    }
  }
}
