package io.vmsnap.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.Quiesce;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertSpec.Power;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.cluster.ClusterNamespace;
import io.vmsnap.harness.cluster.ClusterTest;
import io.vmsnap.harness.guest.GuestImage;
import io.vmsnap.harness.guest.GuestOverlay;
import io.vmsnap.harness.machine.Eventually;
import io.vmsnap.harness.machine.Machine;
import io.vmsnap.harness.machine.MachineSpec;
import io.vmsnap.runner.RamRounds;
import io.vmsnap.runner.RamRounds.Round;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The memory of a guest that keeps its CPUs, its RAM and its disks busy is saved and comes back.
 */
@ClusterTest
class MemoryLoadClusterIT {
  @Test
  void busyGuestGoesOnWithItsMemory(Cluster cluster, ClusterNamespace namespace) throws Exception {
    MachineSpec spec =
        MachineSpec.writer("web", cluster.guestImageClass().orElseThrow())
            .withHardware(2, "1Gi")
            .withDisks(2);
    Machine machine = Machine.apply(cluster, namespace.name(), spec.with(PowerState.PoweredOff));
    machine.awaitPoweredOff();
    makeBusy(machine.directory().resolve(GuestImage.INITRD));
    machine.apply(spec);
    machine.awaitRunning();
    awaitRound(machine, 2);
    int before = last(machine);

    machine.snapshot("busy", true, Quiesce.Policy.None);
    VMSnapshotStatus status = machine.awaitReady("busy").getStatus();

    int after = last(machine);
    assertThat(status.consistency()).isEqualTo(VMSnapshotStatus.Consistency.Memory);
    assertThat(status.disks()).hasSize(2);
    assertThat(status.timing().stunMillis()).isPositive();
    assertThat(status.memory().method()).isIn("PreCopy", "BackgroundSnapshot");
    awaitRound(machine, after + 3);
    Map<Integer, String> checksums =
        rounds(machine).stream().collect(Collectors.toMap(Round::number, Round::checksum));

    machine.revert("back", "busy", Power.FromSnapshot, false);
    machine.awaitReverted("back");

    Eventually.holds(
        "three rounds of the guest that is back",
        Machine.PATIENCE,
        () -> parts(machine).size() > 1 && parts(machine).getLast().size() >= 3,
        () -> machine.console().text());
    List<Round> since = parts(machine).getLast();
    // One line may be cut off where one guest ends and the other goes on.
    assertThat(since.getFirst().number()).isBetween(before + 1, after + 2);
    for (Round round : since) {
      assertThat(round.openLines()).as("%s", round).isEqualTo(round.number());
      assertThat(round.counters()).as("%s", round).hasSize(2);
      assertThat(round.checksum())
          .as("%s", round)
          .isEqualTo(checksums.getOrDefault(round.number(), round.checksum()));
    }
    assertThat(since.stream().map(Round::number)).anyMatch(checksums::containsKey);
    assertThat(machine.console().text()).doesNotContain("DAMAGED");
    assertThat(machine.console().text().split("vmsnap: guest up", -1)).as("one boot").hasSize(2);
  }

  /** Puts a program in the guest that works on its RAM beside the one that writes records. */
  private void makeBusy(Path initrd) throws Exception {
    Files.delete(initrd);
    try (InputStream writer = getClass().getResourceAsStream("/busy-guest/writer")) {
      GuestOverlay.write(
          GuestImage.get(),
          initrd,
          Map.of(
              "sbin/writer", writer.readAllBytes(), "sbin/disk-writer", GuestOverlay.diskWriter()));
    }
  }

  private static List<Round> rounds(Machine machine) {
    return RamRounds.of(machine.console().text());
  }

  private static List<List<Round>> parts(Machine machine) {
    return RamRounds.betweenReturns(machine.console().text());
  }

  private static int last(Machine machine) {
    return rounds(machine).getLast().number();
  }

  private static void awaitRound(Machine machine, int number) throws Exception {
    Eventually.holds(
        "round " + number,
        Machine.PATIENCE,
        () -> rounds(machine).stream().anyMatch(round -> round.number() >= number),
        () -> machine.console().text());
  }
}
