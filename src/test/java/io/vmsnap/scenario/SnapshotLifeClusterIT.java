package io.vmsnap.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.SnapshotReference;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.SnapshotType;
import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.cluster.ClusterNamespace;
import io.vmsnap.harness.cluster.ClusterTest;
import io.vmsnap.harness.machine.Eventually;
import io.vmsnap.harness.machine.Kubectl;
import io.vmsnap.harness.machine.Machine;
import io.vmsnap.harness.machine.MachineSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Resources come and go, and the directory keeps what nobody asked to remove. */
@ClusterTest
class SnapshotLifeClusterIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  @Test
  void resourcesComeAndGo(Cluster cluster, ClusterNamespace namespace) throws Exception {
    KubernetesClient client = cluster.client();
    Kubectl kubectl = new Kubectl(cluster, namespace.name());
    MachineSpec spec =
        MachineSpec.writer("web", cluster.guestImageClass().orElseThrow()).in("idle");
    Machine machine = Machine.apply(cluster, namespace.name(), spec);
    machine.awaitRunning();
    machine.snapshot("one", "first words");
    machine.awaitReady("one");
    machine.snapshot("two", null);
    machine.awaitReady("two");
    Path vmsd = machine.directory().resolve("web.vmsd");

    kubectl.output(
        "patch",
        "vmsnap",
        "one",
        "--type=merge",
        "-p",
        "{\"spec\":{\"description\":\"other words\"}}");
    Eventually.holds(
        "the directory has the new description",
        SOON,
        () -> Files.readString(vmsd).contains("other words"),
        () -> machine.getSnapshot("one").toString());
    assertThat(machine.getSnapshot("one").getStatus().readyToUse()).isTrue();

    kubectl.output(
        "patch",
        "vmsnap",
        "two",
        "--type=merge",
        "-p",
        "{\"spec\":{\"deletionPolicy\":\"Retain\"}}");
    kubectl.output("delete", "vmsnap", "two", "--wait=true", "--timeout=60s");
    Eventually.holds(
        "two is listed as unmanaged",
        SOON,
        () ->
            machine
                .get()
                .getStatus()
                .unmanagedSnapshots()
                .contains(new SnapshotReference("two", 2L, SnapshotType.Unmanaged)),
        () -> machine.get().getStatus().toString());
    assertThat(vmsd).content().contains("snapshot.numSnapshots = \"2\"");

    VMSnapshot taken = Machine.snapshotOf(namespace.name(), "web", "two-again", null);
    taken.getMetadata().setAnnotations(Map.of(Annotations.IMPORT, "2"));
    client.resource(taken).create();
    VMSnapshotStatus imported = machine.awaitReady("two-again").getStatus();
    assertThat(imported.uid()).isEqualTo(2);
    assertThat(imported.parent()).isEqualTo("one");
    Eventually.holds(
        "nothing is unmanaged",
        SOON,
        () -> machine.get().getStatus().unmanagedSnapshots().isEmpty(),
        () -> machine.get().getStatus().toString());

    String listed = Files.readString(vmsd);
    String claim = machine.get().getStatus().directory().claimName();
    kubectl.output("delete", "vmx", "web", "--wait=true", "--timeout=60s");
    Eventually.holds(
        "the snapshots' resources go with the machine",
        SOON,
        () -> machine.getSnapshot("one") == null && machine.getSnapshot("two-again") == null,
        () -> machine.getSnapshot("one") + "\n" + machine.getSnapshot("two-again"));
    assertThat(Files.readString(vmsd)).as("the directory keeps them").isEqualTo(listed);
    Eventually.holds(
        "the pod goes with the machine",
        SOON,
        () -> machine.pod().isEmpty(),
        () -> "a pod is left");

    Machine again = Machine.apply(cluster, namespace.name(), spec);
    again.awaitRunning();
    Eventually.holds(
        "the new machine finds them",
        SOON,
        () -> again.get().getStatus().unmanagedSnapshots().size() == 2,
        () -> again.get().getStatus().toString());
    assertThat(again.get().getStatus().currentSnapshot().uid()).isEqualTo(2);

    kubectl.output(
        "patch",
        "vmx",
        "web",
        "--type=merge",
        "-p",
        "{\"spec\":{\"directory\":{\"reclaimPolicy\":\"Delete\"}}}");
    Eventually.holds(
        "the machine owns its claim",
        SOON,
        () ->
            !client
                .persistentVolumeClaims()
                .inNamespace(namespace.name())
                .withName(claim)
                .get()
                .getMetadata()
                .getOwnerReferences()
                .isEmpty(),
        () -> "the claim has no owner");
    kubectl.output("delete", "vmx", "web", "--wait=true", "--timeout=60s");
    Eventually.holds(
        "the claim goes with the machine",
        SOON,
        () ->
            client.persistentVolumeClaims().inNamespace(namespace.name()).withName(claim).get()
                == null,
        () -> "the claim is left");
  }
}
