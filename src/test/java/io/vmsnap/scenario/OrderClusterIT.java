package io.vmsnap.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.cluster.ClusterNamespace;
import io.vmsnap.harness.cluster.ClusterTest;
import io.vmsnap.harness.machine.Eventually;
import io.vmsnap.harness.machine.Machine;
import io.vmsnap.harness.machine.MachineSpec;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who waits for whom, and what an operator that comes back makes of it. */
@ClusterTest
class OrderClusterIT {
  private static final List<String> NAMES = List.of("charlie", "alpha", "bravo");

  @Test
  void snapshotsWaitForTheMachineAndRunInCreationOrder(Cluster cluster, ClusterNamespace namespace)
      throws Exception {
    for (String name : NAMES) {
      cluster.client().resource(Machine.snapshotOf(namespace.name(), "late", name, null)).create();
      // creation times have a resolution of a second, and names must not decide
      Thread.sleep(Duration.ofMillis(1100));
    }
    Eventually.holds(
        "all wait for the machine",
        Duration.ofSeconds(30),
        () ->
            NAMES.stream()
                .allMatch(name -> reason(get(cluster, namespace, name)).equals("WaitingForVM")),
        () ->
            NAMES.stream()
                .map(n -> n + ": " + reason(get(cluster, namespace, n)))
                .toList()
                .toString());

    MachineSpec spec =
        MachineSpec.writer("late", cluster.guestImageClass().orElseThrow()).in("idle");
    Machine machine = Machine.apply(cluster, namespace.name(), spec);
    Eventually.holds(
        "the first is under way",
        Machine.PATIENCE,
        () -> {
          VMSnapshotStatus status = get(cluster, namespace, NAMES.getFirst()).getStatus();
          return status.phase() != VMSnapshotStatus.Phase.Pending;
        },
        () -> reason(get(cluster, namespace, NAMES.getFirst())));
    cluster.operator().kill();
    cluster.operator().start();

    for (String name : NAMES) {
      machine.awaitReady(name);
    }
    List<VMSnapshotStatus> statuses =
        NAMES.stream().map(name -> get(cluster, namespace, name).getStatus()).toList();
    assertThat(statuses).extracting(VMSnapshotStatus::uid).containsExactly(1L, 2L, 3L);
    assertThat(statuses)
        .extracting(VMSnapshotStatus::parent)
        .containsExactly(null, NAMES.get(0), NAMES.get(1));
    assertThat(machine.directory().resolve("late.vmsd"))
        .content()
        .contains("snapshot.numSnapshots = \"3\"", "snapshot.lastUID = \"3\"");
  }

  private static VMSnapshot get(Cluster cluster, ClusterNamespace namespace, String name) {
    return cluster
        .client()
        .resources(VMSnapshot.class)
        .inNamespace(namespace.name())
        .withName(name)
        .get();
  }

  private static String reason(VMSnapshot snapshot) {
    if (snapshot.getStatus() == null) {
      return "";
    }
    return snapshot.getStatus().conditions().stream()
        .filter(condition -> condition.hasType(ConditionType.Ready))
        .map(Condition::reason)
        .findFirst()
        .orElse("");
  }
}
