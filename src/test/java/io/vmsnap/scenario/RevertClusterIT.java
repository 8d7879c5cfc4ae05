package io.vmsnap.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertSpec.Power;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineSpec;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.cluster.ClusterNamespace;
import io.vmsnap.harness.cluster.ClusterTest;
import io.vmsnap.harness.machine.DiskProof;
import io.vmsnap.harness.machine.Eventually;
import io.vmsnap.harness.machine.GuestConsole;
import io.vmsnap.harness.machine.Machine;
import io.vmsnap.harness.machine.MachineSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A machine goes back and forth in its tree, and every state stays what it was. */
@ClusterTest
class RevertClusterIT {
  @TempDir Path work;

  @Test
  void threeBranches(Cluster cluster, ClusterNamespace namespace) throws Exception {
    MachineSpec spec = MachineSpec.writer("web", cluster.guestImageClass().orElseThrow());
    Machine machine = Machine.apply(cluster, namespace.name(), spec);
    machine.awaitRunning();
    machine.awaitRecords(10);
    Map<String, String> states = new LinkedHashMap<>();
    take(machine, "root", states);
    machine.awaitRecords(machine.console().records() + 10);
    take(machine, "one", states);
    VirtualMachineSpec before = machine.get().getSpec();

    machine.revert("to-root", "root", Power.FromSnapshot, false);
    VMSnapshotRevert first = machine.awaitReverted("to-root");
    machine.awaitPoweredOff();

    assertThat(first.getStatus().powerStateAfter()).isEqualTo(PowerState.PoweredOff);
    VirtualMachine off = machine.get();
    assertThat(off.getSpec()).as("the spec is the user's").isEqualTo(before);
    assertThat(off.getStatus().powerOverride())
        .isEqualTo(
            new VirtualMachineStatus.PowerOverride(
                PowerState.PoweredOff, PowerState.PoweredOn, "to-root"));
    assertThat(off.getStatus().currentSnapshot().name()).isEqualTo("root");
    Eventually.holds(
        "root is current",
        Machine.PATIENCE,
        () -> Boolean.TRUE.equals(machine.getSnapshot("root").getStatus().current()),
        () -> machine.getSnapshot("root").toString());
    assertThat(activeDisk(machine)).as("what the machine would boot").isEqualTo(states.get("root"));

    machine.revert("again", "root", Power.PoweredOn, false);
    machine.awaitReverted("again");
    machine.awaitRunning();
    machine.awaitRecords(machine.console().records() + 10);
    take(machine, "two", states);
    assertThat(machine.getSnapshot("two").getStatus().parent()).isEqualTo("root");

    String running = machine.pod().orElseThrow();
    assertRevertThatFailsChangesNothing(machine);
    machine.revert("across", "one", Power.PoweredOn, true);
    machine.awaitReverted("across");
    machine.awaitRunning();
    assertThat(machine.pod()).as("same pod, no rescheduling").contains(running);
    VMSnapshotStatus saved = machine.getSnapshot("across-saved").getStatus();
    assertThat(saved.readyToUse()).isTrue();
    assertThat(saved.parent()).isEqualTo("two");
    machine.awaitRecords(machine.console().records() + 10);
    take(machine, "three", states);
    assertThat(machine.getSnapshot("three").getStatus().parent()).isEqualTo("one");

    machine.revert("last", "root", Power.PoweredOff, false);
    machine.awaitReverted("last");
    machine.awaitPoweredOff();
    take(machine, "four", states);

    Eventually.holds(
        "root has its three children",
        Machine.PATIENCE,
        () ->
            machine
                .getSnapshot("root")
                .getStatus()
                .children()
                .equals(List.of("four", "one", "two")),
        () -> machine.getSnapshot("root").toString());
    assertThat(machine.get().getStatus().rootSnapshots()).hasSize(1);
    states.forEach(
        (name, hash) ->
            assertThat(state(machine, name)).as("state of snapshot %s", name).isEqualTo(hash));

    machine.apply(spec.with(PowerState.PoweredOff));
    machine.awaitPoweredOff();
    assertThat(machine.get().getStatus().powerOverride()).isNull();
    machine.apply(spec.in("check"));
    machine.awaitRunning();
    GuestConsole.Verification inGuest = machine.awaitVerification();
    assertThat(inGuest.ok()).as(inGuest.detail()).isTrue();
  }

  /** The other machine cannot be made ready, so the running one goes on. */
  private static void assertRevertThatFailsChangesNothing(Machine machine) throws Exception {
    String pod = machine.pod().orElseThrow();
    List<String> files = files(machine);
    Path kernel = machine.directory().resolve("vmlinuz");
    Path away = kernel.resolveSibling("vmlinuz.away");
    Files.move(kernel, away);
    try {
      machine.revert("cannot", "one", Power.PoweredOn, false);
      Eventually.holds(
          "the revert has failed",
          Machine.PATIENCE,
          () ->
              machine.getRevert("cannot").getStatus() != null
                  && machine.getRevert("cannot").getStatus().phase()
                      == VMSnapshotRevertStatus.Phase.Failed,
          () -> machine.getRevert("cannot").toString());
    } finally {
      Files.move(away, kernel);
    }
    assertThat(machine.getRevert("cannot").getStatus().conditions())
        .as("QEMU's words")
        .anySatisfy(condition -> assertThat(condition.message()).contains("vmlinuz"));
    machine.awaitRecords(machine.console().records() + 10);
    assertThat(machine.pod()).contains(pod);
    assertThat(files(machine)).isEqualTo(files);
    assertThat(machine.get().getStatus().currentSnapshot().name()).isEqualTo("two");
  }

  private static List<String> files(Machine machine) throws Exception {
    try (var files = Files.list(machine.directory())) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".vmdk") || file.endsWith(".vmsn"))
          .sorted()
          .toList();
    }
  }

  private void take(Machine machine, String name, Map<String, String> states) throws Exception {
    machine.snapshot(name, "state " + name);
    machine.awaitReady(name);
    states.put(name, state(machine, name));
  }

  /** Hash of what a reader that none of us wrote finds in a snapshot's frozen disk. */
  private String state(Machine machine, String name) {
    return content(machine, machine.getSnapshot(name).getStatus().disks().getFirst().file());
  }

  private String activeDisk(Machine machine) throws Exception {
    String vmx = Files.readString(machine.directory().resolve("web.vmx"));
    return content(
        machine,
        vmx.lines()
            .filter(line -> line.startsWith("scsi0:0.fileName"))
            .map(line -> line.split("\"")[1])
            .findFirst()
            .orElseThrow());
  }

  private String content(Machine machine, String descriptor) {
    try {
      Path raw = work.resolve("content.raw");
      new DiskProof(machine.directory()).export(descriptor, raw);
      return new DiskProof(work).hash("content.raw");
    } catch (Exception e) {
      throw new AssertionError("cannot read " + descriptor, e);
    }
  }
}
