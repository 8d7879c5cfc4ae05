package io.vmsnap.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.disk.delta.DeltaLayout;
import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.cluster.ClusterNamespace;
import io.vmsnap.harness.cluster.ClusterTest;
import io.vmsnap.harness.guest.GuestImage;
import io.vmsnap.harness.guest.GuestRecords;
import io.vmsnap.harness.machine.DiskProof;
import io.vmsnap.harness.machine.GuestConsole;
import io.vmsnap.harness.machine.Machine;
import io.vmsnap.harness.machine.MachineSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots of a machine whose guest writes, and of the same machine switched off. */
@ClusterTest
class SnapshotClusterIT {
  @TempDir Path work;

  @Test
  void runningThenPoweredOff(Cluster cluster, ClusterNamespace namespace) throws Exception {
    MachineSpec spec = MachineSpec.writer("web", cluster.guestImageClass().orElseThrow());
    Machine machine = Machine.apply(cluster, namespace.name(), spec);
    machine.awaitRunning();
    int beforeFirst = machine.awaitRecords(10);
    assertThat(machine.directory().resolve("web.vmsd")).isEmptyFile();

    machine.snapshot("first", "under writes");
    VMSnapshotStatus first = machine.awaitReady("first").getStatus();

    Path directory = machine.directory();
    DiskProof disks = new DiskProof(directory);
    assertThat(first.uid()).isEqualTo(1);
    assertThat(first.powerState()).isEqualTo(PowerState.PoweredOn);
    assertThat(first.timing().stunMillis()).isNotNull();
    assertThat(first.disks().getFirst().file()).isEqualTo("web.vmdk");
    assertThat(first.disks().getFirst().writesTo()).isEqualTo("web-000001.vmdk");
    assertThat(disks.whoHasOpen("web-flat.vmdk"))
        .isNotEmpty()
        .noneMatch(DiskProof.Opened::writable);
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(directory.resolve("web-flat.vmdk"))))
        .isEqualTo("r--r-----");
    String base = disks.hash("web-flat.vmdk");
    int beforeSecond = machine.awaitRecords(machine.console().records() + 10);

    machine.snapshot("second", null);
    VMSnapshotStatus second = machine.awaitReady("second").getStatus();
    int afterSecond = machine.awaitRecords(machine.console().records() + 10);

    assertThat(second.parent()).isEqualTo("first");
    // where the machine stands is told by its runner, a moment after the job's result
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> assertThat(machine.getSnapshot("second").getStatus().current()).isTrue());

    machine.apply(spec.with(PowerState.PoweredOff));
    machine.awaitPoweredOff();
    machine.snapshot("third", "powered off");
    VMSnapshotStatus third = machine.awaitReady("third").getStatus();

    assertThat(third.powerState()).isEqualTo(PowerState.PoweredOff);
    assertThat(third.timing().stunMillis()).isNull();
    assertThat(third.disks().getFirst().file()).isEqualTo("web-000002.vmdk");
    assertThat(third.disks().getFirst().writesTo()).isEqualTo("web-000003.vmdk");
    assertThat(disks.hash("web-flat.vmdk")).isEqualTo(base);
    assertDeltasAreVmdks(disks, directory);

    GuestRecords stateOne = disks.records("web.vmdk", null, work);
    GuestRecords stateTwo = disks.records("web-000001.vmdk", null, work);
    GuestRecords stateThree = disks.records("web-000002.vmdk", null, work);
    assertThat(stateOne.count()).isGreaterThanOrEqualTo(beforeFirst);
    assertThat(stateTwo.count()).isGreaterThanOrEqualTo(beforeSecond);
    assertThat(stateThree.count()).isGreaterThanOrEqualTo(afterSecond);
    assertThat(stateOne.isPrefixOf(stateTwo)).isTrue();
    assertThat(stateTwo.isPrefixOf(stateThree)).isTrue();

    machine.apply(spec.in("check"));
    machine.awaitRunning();
    GuestConsole.Verification inGuest = machine.awaitVerification();
    assertThat(inGuest.ok()).as(inGuest.detail()).isTrue();
    assertThat(inGuest.records()).isEqualTo(stateThree.count());
    assertThat(disks.hash("web-flat.vmdk")).isEqualTo(base);
  }

  private static void assertDeltasAreVmdks(DiskProof disks, Path directory) throws Exception {
    DeltaLayout layout = new DeltaLayout(GuestImage.DATA_BYTES);
    List<String> deltas = List.of("web-000001", "web-000002", "web-000003");
    for (int depth = 1; depth <= deltas.size(); depth++) {
      String delta = deltas.get(depth - 1);
      long size = Files.size(directory.resolve(delta + "-delta.vmdk"));
      assertThat(size).isLessThanOrEqualTo(layout.maxFileSize());
      assertThat(size == layout.maxFileSize() || size % DeltaLayout.STEP == 0)
          .as("%s-delta.vmdk has %d bytes", delta, size)
          .isTrue();
      assertThat(disks.info(delta + ".vmdk").at("/format-specific/data/create-type").asText())
          .isEqualTo("vmfsSparse");
      assertThat(
              disks
                  .compare(
                      delta + ".vmdk",
                      disks.throughIndex(
                          deltas.subList(0, depth), "web-flat.vmdk", layout.dataOffset()))
                  .output())
          .contains("Images are identical");
    }
  }

  @Test
  void allDisksSwitchAtOneInstant(Cluster cluster, ClusterNamespace namespace) throws Exception {
    MachineSpec spec =
        MachineSpec.writer("pair", cluster.guestImageClass().orElseThrow()).withDisks(2);
    Machine machine = Machine.apply(cluster, namespace.name(), spec);
    machine.awaitRunning();
    machine.awaitRecords(20);

    machine.snapshot("both", null);
    VMSnapshotStatus status = machine.awaitReady("both").getStatus();
    machine.awaitRecords(machine.console().records() + 20);
    machine.apply(spec.with(PowerState.PoweredOff));
    machine.awaitPoweredOff();

    assertThat(status.disks())
        .extracting(VMSnapshotStatus.SnapshotDisk::file)
        .containsExactly("pair.vmdk", "pair_1.vmdk");
    assertThat(status.disks())
        .extracting(VMSnapshotStatus.SnapshotDisk::writesTo)
        .containsExactly("pair-000001.vmdk", "pair_1-000001.vmdk");
    // The writer syncs a block on one disk before its record on the other, so disks of two
    // different instants would break its rules.
    DiskProof disks = new DiskProof(machine.directory());
    GuestRecords frozen = disks.records("pair.vmdk", "pair_1.vmdk", work);
    GuestRecords now = disks.records("pair-000001.vmdk", "pair_1-000001.vmdk", work);
    assertThat(frozen.count()).isGreaterThanOrEqualTo(20);
    assertThat(frozen.isPrefixOf(now)).isTrue();
    assertThat(now.count()).isGreaterThan(frozen.count());
  }
}
