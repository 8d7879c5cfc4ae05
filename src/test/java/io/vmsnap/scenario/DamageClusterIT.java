package io.vmsnap.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.cluster.ClusterNamespace;
import io.vmsnap.harness.cluster.ClusterTest;
import io.vmsnap.harness.guest.GuestRecords;
import io.vmsnap.harness.machine.DiskProof;
import io.vmsnap.harness.machine.Eventually;
import io.vmsnap.harness.machine.Kubectl;
import io.vmsnap.harness.machine.Machine;
import io.vmsnap.harness.machine.MachineSpec;
import io.vmsnap.harness.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad input and bad luck: said clearly, and nothing of the user's is changed. */
@ClusterTest
class DamageClusterIT {
  @TempDir Path work;

  @Test
  void damagedDirectoryIsRefusedAndLeftAlone(Cluster cluster, ClusterNamespace namespace)
      throws Exception {
    MachineSpec spec =
        MachineSpec.writer("web", cluster.guestImageClass().orElseThrow()).in("idle");
    Machine machine = Machine.apply(cluster, namespace.name(), spec);
    machine.awaitRunning();
    machine.apply(spec.with(PowerState.PoweredOff));
    machine.awaitPoweredOff();
    Path directory = machine.directory();
    machine.snapshot("good", null);
    machine.awaitReady("good");

    refuse(
        machine,
        "vmsd",
        directory.resolve("web.vmsd"),
        file -> Files.writeString(file, "\0\1garbage {{{\n"));
    refuse(
        machine,
        "parent-cid",
        directory.resolve("web-000001.vmdk"),
        file ->
            Files.writeString(
                file,
                Files.readString(file).replaceFirst("parentCID=[0-9a-f]+", "parentCID=0badc0de")));
    refuse(
        machine,
        "descriptor",
        directory.resolve("web-000001.vmdk"),
        file -> Files.writeString(file, "no descriptor\n"));
    refuse(machine, "extent", directory.resolve("web-flat.vmdk"), Files::delete);

    machine.snapshot("again", "all repaired");
    assertThat(machine.awaitReady("again").getStatus().parent()).isEqualTo("good");
  }

  private interface Damage {
    void to(Path file) throws IOException;
  }

  private static void refuse(Machine machine, String name, Path file, Damage damage)
      throws Exception {
    Path original = file.resolveSibling("..").resolve(file.getFileName() + ".kept").normalize();
    Tool.of("cp", "--archive", "--sparse=always", file.toString(), original.toString()).output();
    file.toFile().setWritable(true);
    damage.to(file);
    Set<String> before = names(file.getParent());

    machine.snapshot(name, null);
    Condition stalled = awaitStalled(machine, name);

    assertThat(stalled.reason()).isEqualTo("DirectoryDamaged");
    assertThat(stalled.message()).contains(file.getFileName().toString());
    assertThat(names(file.getParent())).isEqualTo(before);
    Files.deleteIfExists(file);
    Tool.of("cp", "--archive", "--sparse=always", original.toString(), file.toString()).output();
    Files.delete(original);
  }

  private static Set<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private static Condition awaitStalled(Machine machine, String name) throws Exception {
    Eventually.holds(
        "snapshot " + name + " is refused",
        Duration.ofSeconds(60),
        () -> stalled(machine.getSnapshot(name)).isPresent(),
        () -> String.valueOf(machine.getSnapshot(name)));
    return stalled(machine.getSnapshot(name)).orElseThrow();
  }

  private static Optional<Condition> stalled(VMSnapshot snapshot) {
    return snapshot.getStatus() == null
        ? Optional.empty()
        : stalled(snapshot.getStatus().conditions());
  }

  private static Optional<Condition> stalled(List<Condition> conditions) {
    return conditions.stream()
        .filter(c -> c.hasType(ConditionType.Stalled) && c.holds())
        .findFirst();
  }

  @Test
  void qemuKilledInTheMiddleLosesNothing(Cluster cluster, ClusterNamespace namespace)
      throws Exception {
    MachineSpec spec = MachineSpec.writer("web", cluster.guestImageClass().orElseThrow());
    Machine machine = Machine.apply(cluster, namespace.name(), spec);
    machine.awaitRunning();
    machine.awaitRecords(10);
    DiskProof disks = new DiskProof(machine.directory());
    int synced = machine.console().records();

    machine.snapshot("unlucky", null);
    Eventually.holds(
        "the job is at work",
        Machine.PATIENCE,
        () -> Files.exists(machine.directory().resolve(".vmsnap/operation.json")),
        () -> String.valueOf(machine.getSnapshot("unlucky")));
    disks
        .whoHasOpen("web-flat.vmdk")
        .forEach(
            opened -> ProcessHandle.of(opened.pid()).ifPresent(ProcessHandle::destroyForcibly));

    machine.awaitReady("unlucky");
    Eventually.holds(
        "the guest writes again",
        Machine.PATIENCE,
        () -> machine.console().records() > synced,
        () -> machine.console().text());
    machine.apply(spec.with(PowerState.PoweredOff));
    machine.awaitPoweredOff();

    GuestRecords frozen = disks.records("web.vmdk", null, work);
    GuestRecords now = disks.records("web-000001.vmdk", null, work);
    assertThat(frozen.count()).isGreaterThanOrEqualTo(synced);
    assertThat(frozen.isPrefixOf(now)).isTrue();
    assertThat(machine.directory().resolve("web.vmsd"))
        .content()
        .contains("snapshot.numSnapshots = \"1\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "name: Web.Upper",
        "name: web-000001",
        "name: web\n  size: 10Ti",
        "name: web\n  path: ../../etc/passwd"
      })
  void invalidSpecIsRefusedByTheServerOrTheOperator(
      String fault, Cluster cluster, ClusterNamespace namespace) throws Exception {
    String name = fault.lines().findFirst().orElseThrow().substring(6);
    String size = fault.contains("size:") ? "10Ti" : "64Mi";
    String source = fault.contains("path:") ? "\n      source: {path: ../../etc/passwd}" : "";
    Path file = work.resolve("machine.yaml");
    Files.writeString(
        file,
        """
        apiVersion: vmsnap.io/v1alpha1
        kind: VirtualMachine
        metadata:
          name: %s
        spec:
          directory:
            claimTemplate: {size: 1Gi}
          disks:
            - name: data
              size: %s%s
        """
            .formatted(name, size, source));

    Tool.Result applied =
        new Kubectl(cluster, namespace.name()).run("apply", "-f", file.toString());

    if (applied.succeeded()) {
      // A server before 1.25 ignores CEL; then the operator refuses, for the same reason.
      Eventually.holds(
          "machine is stalled",
          Duration.ofSeconds(30),
          () -> stalled(conditions(cluster, namespace, name)).isPresent(),
          () -> conditions(cluster, namespace, name).toString());
      assertThat(stalled(conditions(cluster, namespace, name)).orElseThrow().reason())
          .isEqualTo("InvalidSpec");
    } else {
      assertThat(applied.output()).containsIgnoringCase("invalid");
    }
    assertThat(cluster.client().pods().inNamespace(namespace.name()).list().getItems()).isEmpty();
  }

  private static List<Condition> conditions(
      Cluster cluster, ClusterNamespace namespace, String name) {
    try {
      VirtualMachine machine =
          cluster
              .client()
              .resources(VirtualMachine.class)
              .inNamespace(namespace.name())
              .withName(name)
              .get();
      return machine == null || machine.getStatus() == null
          ? List.of()
          : machine.getStatus().conditions();
    } catch (KubernetesClientException e) {
      return List.of();
    }
  }

  @Test
  void missingSourceAndWrongSizeAreNamed(Cluster cluster, ClusterNamespace namespace)
      throws Exception {
    Path file = work.resolve("machine.yaml");
    Files.writeString(
        file,
        """
        apiVersion: vmsnap.io/v1alpha1
        kind: VirtualMachine
        metadata:
          name: absent
        spec:
          directory:
            claimTemplate: {size: 1Gi}
          disks:
            - name: data
              source: {path: nowhere.img}
        ---
        apiVersion: vmsnap.io/v1alpha1
        kind: VirtualMachine
        metadata:
          name: small
        spec:
          directory:
            claimTemplate: {size: 1Gi, storageClassName: %s}
          disks:
            - name: data
              size: 64Mi
              source: {path: data.img}
        """
            .formatted(cluster.guestImageClass().orElseThrow()));
    new Kubectl(cluster, namespace.name()).output("apply", "-f", file.toString());

    for (var expected : java.util.Map.of("absent", "nowhere.img", "small", "data.img").entrySet()) {
      Eventually.holds(
          expected.getKey() + " says what is wrong",
          Machine.PATIENCE,
          () ->
              conditions(cluster, namespace, expected.getKey()).stream()
                  .filter(c -> c.hasType(ConditionType.Ready))
                  .anyMatch(c -> !c.holds() && c.message().contains(expected.getValue())),
          () -> conditions(cluster, namespace, expected.getKey()).toString());
    }
  }
}
