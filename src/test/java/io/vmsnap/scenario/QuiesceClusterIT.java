package io.vmsnap.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.Quiesce;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Consistency;
import io.vmsnap.disk.ExternalTool;
import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.cluster.ClusterNamespace;
import io.vmsnap.harness.cluster.ClusterTest;
import io.vmsnap.harness.machine.DiskProof;
import io.vmsnap.harness.machine.Eventually;
import io.vmsnap.harness.machine.Machine;
import io.vmsnap.harness.machine.MachineSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots of a guest that is frozen for them, and of one whose agent hangs. */
@ClusterTest
class QuiesceClusterIT {
  @TempDir Path work;

  @Test
  void quiescedExt4NeedsNoReplay(Cluster cluster, ClusterNamespace namespace) throws Exception {
    Machine machine =
        Machine.apply(
            cluster,
            namespace.name(),
            MachineSpec.writer("web", cluster.guestImageClass().orElseThrow()));
    machine.awaitRunning();
    awaitAgent(machine);
    machine.awaitRecords(10);

    machine.snapshot("quiesced", false, Quiesce.Policy.Required);
    VMSnapshotStatus quiesced = machine.awaitReady("quiesced").getStatus();
    machine.awaitRecords(machine.console().records() + 20);
    machine.snapshot("plain", false, Quiesce.Policy.None);
    VMSnapshotStatus plain = machine.awaitReady("plain").getStatus();

    assertThat(quiesced.consistency()).isEqualTo(Consistency.FileSystem);
    assertThat(quiesced.timing().freezeMillis()).isPositive();
    assertThat(plain.consistency()).isEqualTo(Consistency.Crash);
    assertThat(features(machine, "web.vmdk")).doesNotContain("needs_recovery");
    assertThat(features(machine, "web-000001.vmdk")).contains("needs_recovery");
    machine.awaitRecords(machine.console().records() + 20);
  }

  @Test
  void agentThatHangsFailsWhatRequiresIt(Cluster cluster, ClusterNamespace namespace)
      throws Exception {
    Machine machine =
        Machine.apply(
            cluster,
            namespace.name(),
            MachineSpec.writer("web", cluster.guestImageClass().orElseThrow())
                .in("writer vmsnap.agent=hang"));
    machine.awaitRunning();
    Eventually.holds(
        "the agent hangs",
        Machine.PATIENCE,
        () -> machine.console().text().contains("vmsnap: agent hangs"),
        () -> machine.console().text());

    machine.snapshot("required", false, Quiesce.Policy.Required);
    machine.snapshot("effort", false, Quiesce.Policy.BestEffort);

    Eventually.holds(
        "the snapshot that requires it fails",
        Machine.PATIENCE,
        () -> reason(machine, "required", ConditionType.Stalled).equals("AgentNotConnected"),
        () -> String.valueOf(machine.getSnapshot("required")));
    VMSnapshotStatus effort = machine.awaitReady("effort").getStatus();
    assertThat(effort.consistency()).isEqualTo(Consistency.Crash);
    assertThat(effort.uid()).isEqualTo(1);
    assertThat(reason(machine, "effort", ConditionType.Quiesced)).isEqualTo("AgentNotConnected");
    machine.awaitRecords(machine.console().records() + 20);
  }

  /** Nobody but the runner knows then that the guest is frozen. */
  @Test
  void guestIsThawedWhenItsJobIsKilledWhileItIsFrozen(Cluster cluster, ClusterNamespace namespace)
      throws Exception {
    Machine machine =
        Machine.apply(
            cluster,
            namespace.name(),
            MachineSpec.writer("web", cluster.guestImageClass().orElseThrow()));
    machine.awaitRunning();
    awaitAgent(machine);
    int attempt = 0;
    do {
      attempt++;
      assertThat(attempt).as("attempts to kill the job in time").isLessThan(10);
      String name = "unlucky-" + attempt;
      machine.snapshot(name, false, Quiesce.Policy.Required);
      killJobWhenFrozen(machine);

      machine.awaitRecords(machine.console().records() + 5);
      assertThat(machine.awaitReady(name).getStatus().consistency())
          .as("tried again")
          .isEqualTo(Consistency.FileSystem);
    } while (!machine.console().text().contains("its job is gone"));
  }

  /** The disks are switched next after the freeze; a job that has ended by then is left alone. */
  private static void killJobWhenFrozen(Machine machine) throws Exception {
    Path progress = machine.directory().resolve(".vmsnap/operation.json");
    long end = System.nanoTime() + Machine.PATIENCE.toNanos();
    List<ProcessHandle> jobs = List.of();
    while (System.nanoTime() < end) {
      String step = content(progress);
      if (!step.isEmpty() && jobs.isEmpty()) {
        jobs = jobs(machine.directory().toString());
      }
      if (step.contains("switch disks")) {
        jobs.forEach(ProcessHandle::destroyForcibly);
        return;
      }
      if (step.isEmpty() && !jobs.isEmpty()) {
        return;
      }
      Thread.onSpinWait();
    }
    throw new AssertionError("no job began");
  }

  /** By {@code /proc}: Java does not tell the arguments of a process that has long ones. */
  private static List<ProcessHandle> jobs(String directory) throws IOException {
    List<ProcessHandle> found = new ArrayList<>();
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[1-9]*")) {
      for (Path process : processes) {
        try {
          if (Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1)
              .endsWith("job\0create\0--directory\0" + directory + "\0")) {
            ProcessHandle.of(Long.parseLong(process.getFileName().toString()))
                .ifPresent(found::add);
          }
        } catch (IOException e) {
          continue; // it has ended meanwhile
        }
      }
    }
    return found;
  }

  private static String content(Path file) throws IOException {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      return "";
    }
  }

  private static void awaitAgent(Machine machine) throws Exception {
    Eventually.holds(
        "the agent answers",
        Machine.PATIENCE,
        () ->
            machine.condition(ConditionType.GuestAgentConnected).map(c -> c.holds()).orElse(false),
        () -> String.valueOf(machine.get().getStatus()));
  }

  private static String reason(Machine machine, String snapshot, ConditionType type) {
    VMSnapshotStatus status = machine.getSnapshot(snapshot).getStatus();
    return status == null
        ? ""
        : status.conditions().stream()
            .filter(c -> c.type().equals(type.name()))
            .map(c -> c.reason())
            .findFirst()
            .orElse("");
  }

  /** What e2fsprogs says of a frozen disk. */
  private String features(Machine machine, String descriptor) throws Exception {
    Path raw = new DiskProof(machine.directory()).export(descriptor, work.resolve("disk.raw"));
    return ExternalTool.named("dumpe2fs")
        .run(work, "-h", raw.toString())
        .lines()
        .filter(line -> line.startsWith("Filesystem features"))
        .findFirst()
        .orElseThrow();
  }
}
