package io.vmsnap.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.cluster.ClusterNamespace;
import io.vmsnap.harness.cluster.ClusterTest;
import io.vmsnap.harness.machine.Kubectl;
import io.vmsnap.harness.tool.Tool;
import io.vmsnap.operator.status.Conditions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operator against a real API server; no guest is needed for any of it. */
@ClusterTest
class OperatorClusterIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Duration QUIET = Duration.ofSeconds(6);

  private static final String MACHINE =
      """
      apiVersion: vmsnap.io/v1alpha1
      kind: VirtualMachine
      metadata: {name: %s}
      spec:
        powerState: PoweredOff
        directory: {claimTemplate: {size: 1Gi}}
        disks: [{name: data, size: 64Mi}]
      """;

  @TempDir Path folder;

  @Test
  void brokenRuleIsToldInTheSameWordsByOldAndNewServers(Cluster cluster, ClusterNamespace namespace)
      throws Exception {
    String snapshot =
        """
        apiVersion: vmsnap.io/v1alpha1
        kind: VMSnapshot
        metadata: {name: bad}
        spec: {vmName: web, memory: true, quiesce: {policy: Required}}
        """;

    Tool.Result result = apply(cluster, namespace, snapshot);

    String told =
        result.succeeded()
            ? condition(cluster, namespace, "bad", ConditionType.Stalled, "True").message()
            : result.output();
    assertThat(told).contains("quiesce.policy Required cannot be combined with memory");
  }

  @Test
  void shrunkDiskIsRefused(Cluster cluster, ClusterNamespace namespace) throws Exception {
    apply(cluster, namespace, MACHINE.formatted("web"));
    machine(cluster, namespace, "web", ConditionType.Ready, "True");

    Tool.Result result =
        apply(cluster, namespace, MACHINE.formatted("web").replace("64Mi", "32Mi"));

    String told =
        result.succeeded()
            ? machine(cluster, namespace, "web", ConditionType.Stalled, "True").message()
            : result.output();
    assertThat(told).contains("a disk cannot shrink");
  }

  @Test
  void unknownMachineIsWaitedForWithoutNoise(Cluster cluster, ClusterNamespace namespace)
      throws Exception {
    apply(cluster, namespace, snapshot("early", "nobody"));

    Condition waiting = condition(cluster, namespace, "early", ConditionType.Reconciling, "True");

    assertThat(waiting.reason()).isEqualTo(ConditionReason.WaitingForVM.name());
    assertStill(snapshotOf(cluster, namespace, "early"), cluster.client());
  }

  @Test
  void applyingAgainChangesNothing(Cluster cluster, ClusterNamespace namespace) throws Exception {
    apply(cluster, namespace, MACHINE.formatted("web"));
    machine(cluster, namespace, "web", ConditionType.Ready, "True");
    VirtualMachine before = machineOf(cluster, namespace, "web");
    PersistentVolumeClaim claim = claimOf(cluster, namespace, "web-directory");

    apply(cluster, namespace, MACHINE.formatted("web"));

    // an API server of 1.20 may note the time of the second apply, and nothing else
    VirtualMachine after = machineOf(cluster, namespace, "web");
    assertThat(after.getMetadata().getGeneration()).isEqualTo(before.getMetadata().getGeneration());
    assertThat(after.getStatus()).isEqualTo(before.getStatus());
    assertStill(after, cluster.client());
    assertStill(claim, cluster.client());
  }

  @Test
  void restartedOperatorDoesNothingTwice(Cluster cluster, ClusterNamespace namespace)
      throws Exception {
    apply(cluster, namespace, MACHINE.formatted("web"));
    machine(cluster, namespace, "web", ConditionType.Ready, "True");
    VirtualMachine before = machineOf(cluster, namespace, "web");

    cluster.operator().kill();
    apply(cluster, namespace, MACHINE.formatted("other"));
    cluster.operator().start();

    machine(cluster, namespace, "other", ConditionType.Ready, "True");
    assertStill(before, cluster.client());
  }

  @Test
  void deletedMachineLeavesItsDisks(Cluster cluster, ClusterNamespace namespace) throws Exception {
    apply(cluster, namespace, MACHINE.formatted("web"));
    machine(cluster, namespace, "web", ConditionType.Ready, "True");
    PersistentVolumeClaim claim = claimOf(cluster, namespace, "web-directory");

    new Kubectl(cluster, namespace.name()).output("delete", "vmx", "web", "--wait=true");

    assertStill(claim, cluster.client());
    apply(cluster, namespace, MACHINE.formatted("web"));
    machine(cluster, namespace, "web", ConditionType.Ready, "True");
    assertThat(claimOf(cluster, namespace, "web-directory").getMetadata().getUid())
        .as("taken over, not made anew")
        .isEqualTo(claim.getMetadata().getUid());
  }

  @Test
  void refusalOfTheApiServerReachesTheUser(Cluster cluster, ClusterNamespace namespace)
      throws Exception {
    apply(
        cluster,
        namespace,
        """
        apiVersion: v1
        kind: LimitRange
        metadata: {name: large-only}
        spec:
          limits: [{type: Container, min: {memory: 1Ti}}]
        """);

    apply(cluster, namespace, MACHINE.formatted("web").replace("PoweredOff", "PoweredOn"));

    Condition stalled = machine(cluster, namespace, "web", ConditionType.Stalled, "True");
    assertThat(stalled.reason()).isEqualTo(ConditionReason.ChildRefused.name());
    assertThat(stalled.message())
        .doesNotContain("Failure executing")
        .contains("minimum memory usage per Container is 1Ti");
    assertThat(
            cluster.client().resources(Pod.class).inNamespace(namespace.name()).list().getItems())
        .isEmpty();
  }

  @Test
  void columnsReadWell(Cluster cluster, ClusterNamespace namespace) throws Exception {
    apply(cluster, namespace, MACHINE.formatted("web"));
    apply(cluster, namespace, snapshot("early", "nobody"));
    machine(cluster, namespace, "web", ConditionType.Ready, "True");
    condition(cluster, namespace, "early", ConditionType.Reconciling, "True");
    Kubectl kubectl = new Kubectl(cluster, namespace.name());

    assertThat(kubectl.output("get", "vmx"))
        .containsPattern("NAME +POWER +READY +STATUS +CPUS +MEMORY +SNAPSHOT +DELTAS +FREE +AGE")
        .containsPattern("web +PoweredOff +True +PoweredOff +1 +1Gi");
    assertThat(kubectl.output("get", "vmsnap"))
        .containsPattern("NAME +VM +PHASE +READY +STATUS +CONSISTENCY +PARENT +CURRENT +SIZE +AGE")
        .containsPattern("early +nobody +Pending +false +WaitingForVM");
    assertThat(kubectl.output("get", "vmsnap"))
        .as("one kind only")
        .doesNotContain("virtualmachine");
    assertThat(kubectl.output("get", "vmsnap-all")).contains("virtualmachine", "vmsnapshot");
    assertThat(kubectl.output("get", "vmsnap", "-o", "wide")).contains("STUN(MS)", "DESCRIPTION");
    assertThat(kubectl.output("get", "vmsnap.vmsnap.io", "--no-headers")).contains("early");
  }

  private static String snapshot(String name, String vm) {
    return """
    apiVersion: vmsnap.io/v1alpha1
    kind: VMSnapshot
    metadata: {name: %s}
    spec: {vmName: %s}
    """
        .formatted(name, vm);
  }

  private Tool.Result apply(Cluster cluster, ClusterNamespace namespace, String manifest)
      throws Exception {
    Path file = Files.writeString(folder.resolve("manifest.yaml"), manifest);
    return new Kubectl(cluster, namespace.name())
        .run("apply", "--server-side", "-f", file.toString());
  }

  private static Condition machine(
      Cluster cluster, ClusterNamespace namespace, String name, ConditionType type, String status) {
    return await()
        .atMost(LIMIT)
        .until(
            () ->
                Optional.ofNullable(machineOf(cluster, namespace, name).getStatus())
                    .flatMap(s -> find(s.conditions(), type, status)),
            Optional::isPresent)
        .orElseThrow();
  }

  private static Condition condition(
      Cluster cluster, ClusterNamespace namespace, String name, ConditionType type, String status) {
    return await()
        .atMost(LIMIT)
        .until(
            () ->
                Optional.ofNullable(snapshotOf(cluster, namespace, name).getStatus())
                    .flatMap(s -> find(s.conditions(), type, status)),
            Optional::isPresent)
        .orElseThrow();
  }

  private static Optional<Condition> find(
      List<Condition> conditions, ConditionType type, String status) {
    return Conditions.find(conditions, type).filter(c -> c.status().equals(status));
  }

  /** Nobody writes the object for a while: neither the operator nor a loop of it with itself. */
  private static void assertStill(HasMetadata object, KubernetesClient client) {
    await()
        .during(QUIET)
        .atMost(QUIET.multipliedBy(3))
        .untilAsserted(
            () ->
                assertThat(client.resource(object).get().getMetadata().getResourceVersion())
                    .isEqualTo(object.getMetadata().getResourceVersion()));
  }

  private static VirtualMachine machineOf(
      Cluster cluster, ClusterNamespace namespace, String name) {
    return cluster
        .client()
        .resources(VirtualMachine.class)
        .inNamespace(namespace.name())
        .withName(name)
        .get();
  }

  private static VMSnapshot snapshotOf(Cluster cluster, ClusterNamespace namespace, String name) {
    return cluster
        .client()
        .resources(VMSnapshot.class)
        .inNamespace(namespace.name())
        .withName(name)
        .get();
  }

  private static PersistentVolumeClaim claimOf(
      Cluster cluster, ClusterNamespace namespace, String name) {
    return cluster
        .client()
        .persistentVolumeClaims()
        .inNamespace(namespace.name())
        .withName(name)
        .get();
  }
}
