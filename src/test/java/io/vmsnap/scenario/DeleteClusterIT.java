package io.vmsnap.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.cluster.ClusterNamespace;
import io.vmsnap.harness.cluster.ClusterTest;
import io.vmsnap.harness.machine.Eventually;
import io.vmsnap.harness.machine.GuestConsole;
import io.vmsnap.harness.machine.Machine;
import io.vmsnap.harness.machine.MachineSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots go while the guest writes, and every other state stays what it was. */
@ClusterTest
class DeleteClusterIT {
  @TempDir Path work;

  @Test
  void middleFirstAndLast(Cluster cluster, ClusterNamespace namespace) throws Exception {
    MachineSpec spec = MachineSpec.writer("web", cluster.guestImageClass().orElseThrow());
    Machine machine = Machine.apply(cluster, namespace.name(), spec);
    machine.awaitRunning();
    SnapshotStates states = new SnapshotStates(machine, work);
    for (String name : new String[] {"one", "two", "three"}) {
      machine.awaitRecords(machine.console().records() + 10);
      states.take(name);
    }

    machine.deleteSnapshot("two");

    states.assertLeft("one", "three");
    Eventually.holds(
        "three hangs under one",
        Machine.PATIENCE,
        () -> "one".equals(machine.getSnapshot("three").getStatus().parent()),
        () -> machine.getSnapshot("three").getStatus().toString());
    machine.awaitRecords(machine.console().records() + 10);

    machine.deleteSnapshot("one");

    states.assertLeft("three");
    machine.awaitRecords(machine.console().records() + 10);

    machine.deleteSnapshot("three");

    assertThat(vmsd(machine)).contains("snapshot.numSnapshots = \"0\"");
    try (var files = Files.list(machine.directory())) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .as("no delta is left")
          .noneMatch(name -> name.endsWith("-delta.vmdk"));
    }
    Eventually.holds(
        "the machine has no snapshot",
        Machine.PATIENCE,
        () -> machine.get().getStatus().snapshots().isEmpty(),
        () -> machine.get().getStatus().toString());
    int written = machine.awaitRecords(machine.console().records() + 10);

    machine.apply(spec.with(PowerState.PoweredOff));
    machine.awaitPoweredOff();
    machine.apply(spec.in("check"));
    machine.awaitRunning();
    GuestConsole.Verification inGuest = machine.awaitVerification();
    assertThat(inGuest.ok()).as(inGuest.detail()).isTrue();
    assertThat(inGuest.records()).isGreaterThanOrEqualTo(written);
  }

  private static String vmsd(Machine machine) throws Exception {
    return Files.readString(machine.directory().resolve("web.vmsd"));
  }
}
