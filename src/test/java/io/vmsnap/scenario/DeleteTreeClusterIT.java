package io.vmsnap.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertSpec.Power;
import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.cluster.ClusterNamespace;
import io.vmsnap.harness.cluster.ClusterTest;
import io.vmsnap.harness.machine.Eventually;
import io.vmsnap.harness.machine.GuestConsole;
import io.vmsnap.harness.machine.Machine;
import io.vmsnap.harness.machine.MachineSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots of a tree go, of a machine that runs and of one that is off; the others stay. */
@ClusterTest
class DeleteTreeClusterIT {
  @TempDir Path work;

  @Test
  void branchesDescendantsAndAll(Cluster cluster, ClusterNamespace namespace) throws Exception {
    MachineSpec spec = MachineSpec.writer("web", cluster.guestImageClass().orElseThrow());
    Machine machine = Machine.apply(cluster, namespace.name(), spec);
    SnapshotStates states = new SnapshotStates(machine, work);
    machine.awaitRunning();
    takeAfterWrites(machine, states, "root");
    takeAfterWrites(machine, states, "left");
    machine.revert("back", "root", Power.PoweredOn, false);
    machine.awaitReverted("back");
    takeAfterWrites(machine, states, "right");
    takeAfterWrites(machine, states, "leaf");

    // Two branches need what root froze: it only stops showing.
    machine.deleteSnapshot("root");
    states.assertLeft("left", "right", "leaf");
    assertThat(states.entries().stream().filter(entry -> entry.parentUid() == null)).hasSize(2);

    // Now only one does, and the guest runs above it.
    machine.deleteSnapshot("left");
    states.assertLeft("right", "leaf");
    machine.awaitRecords(machine.console().records() + 10);
    assertThat(deltas(machine)).as("of leaf, and of the machine").hasSize(2);

    machine.apply(spec.with(PowerState.PoweredOff));
    machine.awaitPoweredOff();
    String off = states.runningState();
    machine.deleteSnapshot("right");
    states.assertLeft("leaf");
    states.take("tip");
    annotate(cluster, namespace, "leaf", Annotations.DELETE_DESCENDANTS);
    machine.deleteSnapshot("leaf");
    Eventually.holds(
        "the descendant's resource goes with it",
        Machine.PATIENCE,
        () -> machine.getSnapshot("tip") == null,
        () -> String.valueOf(machine.getSnapshot("tip")));
    states.assertLeft();
    assertThat(states.runningState()).isEqualTo(off);
    assertThat(deltas(machine)).isEmpty();

    states.take("only");
    machine.deleteSnapshot("only");
    states.assertLeft();
    assertThat(states.runningState()).isEqualTo(off);

    machine.apply(spec);
    machine.awaitRunning();
    takeAfterWrites(machine, states, "first");
    takeAfterWrites(machine, states, "second");
    takeAfterWrites(machine, states, "third");
    cluster.client().resources(VMSnapshot.class).inNamespace(namespace.name()).delete();
    Eventually.holds(
        "all snapshots are gone",
        Machine.PATIENCE,
        () ->
            cluster
                .client()
                .resources(VMSnapshot.class)
                .inNamespace(namespace.name())
                .list()
                .getItems()
                .isEmpty(),
        () -> machine.get().getStatus().toString());
    states.assertLeft();
    assertThat(deltas(machine)).isEmpty();
    int written = machine.awaitRecords(machine.console().records() + 10);

    machine.apply(spec.with(PowerState.PoweredOff));
    machine.awaitPoweredOff();
    machine.apply(spec.in("check"));
    machine.awaitRunning();
    GuestConsole.Verification inGuest = machine.awaitVerification();
    assertThat(inGuest.ok()).as(inGuest.detail()).isTrue();
    assertThat(inGuest.records()).isGreaterThanOrEqualTo(written);
  }

  private static void takeAfterWrites(Machine machine, SnapshotStates states, String name)
      throws Exception {
    machine.awaitRecords(machine.console().records() + 10);
    states.take(name);
  }

  private static void annotate(
      Cluster cluster, ClusterNamespace namespace, String snapshot, String annotation) {
    cluster
        .client()
        .resources(VMSnapshot.class)
        .inNamespace(namespace.name())
        .withName(snapshot)
        .edit(
            resource -> {
              resource.getMetadata().getAnnotations().put(annotation, "true");
              return resource;
            });
  }

  private static List<String> deltas(Machine machine) throws Exception {
    try (var files = Files.list(machine.directory())) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith("-delta.vmdk"))
          .sorted()
          .toList();
    }
  }
}
