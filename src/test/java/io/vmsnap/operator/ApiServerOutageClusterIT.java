package io.vmsnap.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.cluster.ClusterNamespace;
import io.vmsnap.harness.cluster.ClusterTest;
import io.vmsnap.harness.cluster.OperatorProcess;
import io.vmsnap.harness.cluster.VmsnapHome;
import io.vmsnap.harness.controlplane.TcpGate;
import io.vmsnap.harness.machine.Eventually;
import io.vmsnap.operator.status.Conditions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An operator whose API server comes later, goes and comes back: one process lives through it. */
@ClusterTest(operator = false)
class ApiServerOutageClusterIT {
  private static final Duration LIMIT = Duration.ofMinutes(3);

  @TempDir Path folder;

  @Test
  void operatorWaitsForTheApiServerAtItsStartAndLater(Cluster cluster, ClusterNamespace namespace)
      throws Exception {
    assumeTrue(cluster.provider().equals("embedded"), "its API server is on this host");
    cluster.operator().stop();
    URI server = cluster.client().getMasterUrl().toURI();
    try (TcpGate gate = new TcpGate(new InetSocketAddress(server.getHost(), server.getPort()));
        OperatorProcess operator = operator(cluster, namespace.name(), server, gate.port())) {
      operator.start();
      long process = operator.pid();
      Eventually.holds(
          "the operator says that it waits",
          LIMIT,
          () -> log(operator).contains("does not answer"),
          () -> log(operator));

      apply(cluster, namespace.name(), "first");
      gate.open();
      awaitReady(cluster, namespace.name(), "first", operator);

      gate.shut();
      apply(cluster, namespace.name(), "second");
      gate.open();
      awaitReady(cluster, namespace.name(), "second", operator);

      assertThat(operator.pid()).isEqualTo(process);
      assertThat(log(operator).lines())
          .as("log lines as JSON, with the machine that they are about")
          .anyMatch(
              line ->
                  line.startsWith("{\"timestamp\":")
                      && line.contains("\"namespace\":\"" + namespace.name() + "\"")
                      && line.contains("\"vm\":\"second\""));
    }
  }

  private OperatorProcess operator(Cluster cluster, String namespace, URI server, int port)
      throws IOException {
    Path kubeconfig =
        Files.writeString(
            folder.resolve("kubeconfig"),
            Files.readString(cluster.kubeconfig())
                .replace(server.getHost() + ":" + server.getPort(), server.getHost() + ":" + port));
    VmsnapHome home = VmsnapHome.ofThisProject();
    Map<String, String> environment = new HashMap<>(home.environment());
    environment.put("KUBECONFIG", kubeconfig.toString());
    environment.put("QUARKUS_OPERATOR_SDK_NAMESPACES", namespace);
    environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
    environment.put("QUARKUS_HTTP_PORT", "0");
    environment.put("VMSNAP_LOG_JSON", "true");
    // a machine that is off gives us nothing to say; the framework logs every reconciliation
    environment.put("QUARKUS_LOG_CATEGORY__IO_JAVAOPERATORSDK__LEVEL", "DEBUG");
    return new OperatorProcess(
        List.of(home.launcher().toString(), "operator"),
        environment,
        folder.resolve("operator.log"));
  }

  private static void apply(Cluster cluster, String namespace, String name) {
    cluster
        .client()
        .resource(
            """
            apiVersion: vmsnap.io/v1alpha1
            kind: VirtualMachine
            metadata: {name: %s}
            spec:
              powerState: PoweredOff
              directory: {claimTemplate: {size: 1Gi}}
              disks: [{name: data, size: 64Mi}]
            """
                .formatted(name))
        .inNamespace(namespace)
        .create();
  }

  private static void awaitReady(
      Cluster cluster, String namespace, String name, OperatorProcess operator) throws Exception {
    Eventually.holds(
        name + " is Ready",
        LIMIT,
        () -> {
          VirtualMachine vm =
              cluster
                  .client()
                  .resources(VirtualMachine.class)
                  .inNamespace(namespace)
                  .withName(name)
                  .get();
          return vm.getStatus() != null
              && Conditions.isTrue(vm.getStatus().conditions(), ConditionType.Ready);
        },
        () -> log(operator));
  }

  private static String log(OperatorProcess operator) {
    try {
      return Files.exists(operator.log()) ? Files.readString(operator.log()) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
