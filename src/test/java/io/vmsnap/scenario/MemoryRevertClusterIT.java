package io.vmsnap.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.Quiesce;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertSpec.Power;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
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

/** A guest goes on where its memory was saved: its writer counts on, and it never boots again. */
@ClusterTest
class MemoryRevertClusterIT {
  private static final int TIMES = 20;

  @Test
  void guestGoesOnWhereItWas(Cluster cluster, ClusterNamespace namespace) throws Exception {
    MachineSpec spec = MachineSpec.writer("web", cluster.guestImageClass().orElseThrow());
    Machine machine = Machine.apply(cluster, namespace.name(), spec);
    machine.awaitRunning();
    machine.awaitRecords(10);
    machine.snapshot("one", true, Quiesce.Policy.None);
    VMSnapshotStatus one = machine.awaitReady("one").getStatus();
    int saved = machine.console().records();
    assertThat(one.consistency()).isEqualTo(VMSnapshotStatus.Consistency.Memory);
    assertThat(one.memory().method()).isNotEmpty();
    machine.awaitRecords(saved + 20);
    take(machine, "two");
    take(machine, "three");

    machine.revert("to-two", "two", Power.FromSnapshot, false);
    assertThat(machine.awaitReverted("to-two").getStatus().powerStateAfter())
        .isEqualTo(PowerState.PoweredOff);
    machine.awaitPoweredOff();
    Eventually.holds(
        "the machine's status names two",
        Machine.PATIENCE,
        () -> "two".equals(machine.get().getStatus().currentSnapshot().name()),
        () -> machine.get().getStatus().toString());

    machine.revert("to-one", "one", Power.FromSnapshot, false);
    assertThat(machine.awaitReverted("to-one").getStatus().powerStateAfter())
        .isEqualTo(PowerState.PoweredOn);
    awaitGuestGoesOn(machine, saved);
    assertThat(machine.console().text())
        .as("the pod is new, the guest is not")
        .doesNotContain("vmsnap: guest up");
    Eventually.holds(
        "the spec decides on power again",
        Machine.PATIENCE,
        () -> machine.get().getStatus().powerOverride() == null,
        () -> machine.get().getStatus().toString());

    machine.deleteSnapshot("two");
    Eventually.holds(
        "three is a child of one",
        Machine.PATIENCE,
        () -> "one".equals(machine.getSnapshot("three").getStatus().parent()),
        () -> machine.getSnapshot("three").getStatus().toString());

    String pod = machine.get().getStatus().podIP();
    for (int time = 1; time <= TIMES; time++) {
      int before = lines(machine);
      machine.revert("again-" + time, "one", Power.FromSnapshot, false);
      VMSnapshotRevertStatus status = machine.awaitReverted("again-" + time).getStatus();
      assertThat(status.timing().runningMillis()).as("time %d", time).isNotNull();
      Eventually.holds(
          "guest writes after revert " + time,
          Machine.PATIENCE,
          () -> lines(machine) > before + 1,
          () -> tail(machine));
    }
    assertThat(machine.get().getStatus().podIP()).as("same pod, same address").isEqualTo(pod);
    assertThat(machine.console().text()).doesNotContain("vmsnap: guest up");

    machine.apply(spec.with(PowerState.Suspended));
    machine.awaitSuspended();
    int suspended = machine.console().records();
    assertThat(machine.directory().resolve("web.vmss")).isNotEmptyFile();
    assertThat(machine.condition(ConditionType.Running))
        .hasValueSatisfying(c -> assertThat(c.holds()).isFalse());
    machine.apply(spec);
    machine.awaitRecords(suspended + 10);
    assertThat(machine.console().text()).as("no boot").doesNotContain("vmsnap: guest up");
    Path memory = machine.directory().resolve("web.vmss");
    Eventually.holds(
        "the machine runs and its memory is used up",
        Machine.PATIENCE,
        () ->
            machine.get().getStatus().powerState() == PowerState.PoweredOn
                && Files.notExists(memory),
        () -> tail(machine));

    machine.apply(spec.with(PowerState.PoweredOff));
    machine.awaitPoweredOff();
    machine.apply(spec.in("check"));
    machine.awaitRunning();
    GuestConsole.Verification inGuest = machine.awaitVerification();
    assertThat(inGuest.ok()).as(inGuest.detail()).isTrue();
  }

  private static void take(Machine machine, String name) throws Exception {
    machine.snapshot(name, null);
    machine.awaitReady(name);
  }

  private static void awaitGuestGoesOn(Machine machine, int saved) throws Exception {
    Eventually.holds(
        "guest writes on",
        Machine.PATIENCE,
        () ->
            machine.condition(ConditionType.Running).map(c -> c.holds()).orElse(false)
                && !machine.console().text().contains("vmsnap: guest up")
                && machine.console().records() > 0,
        () -> tail(machine));
  }

  /** How many times the guest has said how far it is. */
  private static int lines(Machine machine) {
    return (int)
        machine.console().text().lines().filter(line -> line.contains("vmsnap: records")).count();
  }

  private static String tail(Machine machine) {
    String text = machine.console().text();
    return machine.get().getStatus() + "\n" + text.substring(Math.max(0, text.length() - 1500));
  }
}
