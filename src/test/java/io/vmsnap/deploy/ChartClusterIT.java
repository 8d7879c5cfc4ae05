package io.vmsnap.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.InstallCommand;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.readiness.Readiness;
import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.cluster.ClusterNamespace;
import io.vmsnap.harness.cluster.ClusterTest;
import io.vmsnap.harness.machine.Kubectl;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The chart on a cluster: Helm installs it, and the operator works as a pod of its Deployment, with
 * the rights that the chart gives it and no others.
 */
@ClusterTest(operator = false)
class ChartClusterIT {
  private static final Duration LIMIT = Duration.ofMinutes(4);
  private static final Path CHART = Path.of("helm", "vmsnap");
  private static final String RELEASE = "vmsnap";
  private static final String SECRETS = "/var/run/secrets/kubernetes.io/serviceaccount";

  private static final String MACHINE =
      """
      apiVersion: vmsnap.io/v1alpha1
      kind: VirtualMachine
      metadata: {name: web}
      spec:
        powerState: PoweredOn
        hardware: {memory: 64Mi, accelerator: tcg, cpuModel: qemu64}
        guestAgent: false
        directory: {claimTemplate: {size: 1Gi}}
        disks: [{name: data, size: 64Mi}]
      ---
      apiVersion: vmsnap.io/v1alpha1
      kind: VMSnapshot
      metadata: {name: one}
      spec: {vmName: web}
      ---
      apiVersion: vmsnap.io/v1alpha1
      kind: VMSnapshotRevert
      metadata: {name: back}
      spec: {vmName: web, snapshotName: one, ttlSecondsAfterFinished: 3600}
      """;

  @TempDir Path folder;
  private String installed;
  private Cluster usedCluster;

  /** Before the operator's namespace is deleted: Helm has no other way to know the release. */
  @AfterEach
  void uninstall() {
    if (installed != null) {
      Helm.uninstall(RELEASE)
          .withNamespace(installed)
          .withKubeConfig(usedCluster.kubeconfig())
          .ignoreNotFound()
          .call();
    }
  }

  @Test
  void installedOperatorHasJustTheRightsThatItNeeds(Cluster cluster, ClusterNamespace namespace)
      throws Exception {
    cluster.operator().stop();
    definitionsBelongTo(cluster, namespace.name());
    usedCluster = cluster;
    installed = namespace.name();
    Kubectl kubectl = new Kubectl(cluster, namespace.name());
    Path values = values(cluster, namespace.name());

    install(cluster, namespace.name(), values).call();
    Pod ready = readyOperator(cluster, namespace.name());

    // a release can be tested only when it is known where: no name service serves these pods
    new Helm(CHART)
        .upgrade()
        .withName(RELEASE)
        .withNamespace(namespace.name())
        .withKubeConfig(cluster.kubeconfig())
        .withValuesFile(values)
        .set("tests.host", ready.getStatus().getPodIP())
        .disableOpenApiValidation()
        .call();
    Helm.test(RELEASE)
        .withNamespace(namespace.name())
        .withKubeConfig(cluster.kubeconfig())
        .withTimeout(120)
        .call();

    kubectl.output("apply", "-f", manifest().toString());
    waitFor(kubectl, "vmsnapshotreverts/back", "Ready");
    kubectl.output("delete", "vmsnapshot", "one", "--timeout=180s");
    waitFor(kubectl, "virtualmachines/web", "Ready");
    kubectl.output("delete", "virtualmachine", "web", "--timeout=180s");

    assertThat(operatorLogs(kubectl)).doesNotContain("is forbidden", "Forbidden");
  }

  /** As documented for those who applied the definitions themselves before. */
  private static void definitionsBelongTo(Cluster cluster, String namespace) throws Exception {
    Kubectl kubectl = new Kubectl(cluster, namespace);
    String[] names =
        cluster.client().apiextensions().v1().customResourceDefinitions().list().getItems().stream()
            .filter(crd -> crd.getSpec().getGroup().equals("vmsnap.io"))
            .map(crd -> "crd/" + crd.getMetadata().getName())
            .toArray(String[]::new);
    for (String name : names) {
      kubectl.output("label", "--overwrite", name, "app.kubernetes.io/managed-by=Helm");
      kubectl.output(
          "annotate",
          "--overwrite",
          name,
          "meta.helm.sh/release-name=" + RELEASE,
          "meta.helm.sh/release-namespace=" + namespace);
    }
  }

  private static InstallCommand install(Cluster cluster, String namespace, Path values) {
    return new Helm(CHART)
        .install()
        .withName(RELEASE)
        .withNamespace(namespace)
        .withKubeConfig(cluster.kubeconfig())
        .withValuesFile(values)
        // API servers before 1.25 do not know the rules of the definitions
        .disableOpenApiValidation();
  }

  private Path values(Cluster cluster, String namespace) throws Exception {
    String common =
        """
        namespaces: [%s]
        networkPolicy: {enabled: true}
        metrics: {dashboard: {enabled: true}}
        """
            .formatted(namespace);
    String local =
        """
        operator:
          extraEnv:
            # pods are processes of one machine: each serves on its own address
            - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
            - {name: QUARKUS_HTTP_HOST, value: $(POD_IP)}
            # and find no files in the usual places
            - {name: KUBERNETES_MASTER, value: %s}
            - {name: KUBERNETES_AUTH_TRYKUBECONFIG, value: "false"}
            - {name: KUBERNETES_AUTH_SERVICEACCOUNT_TOKEN, value: %s/token}
            - {name: KUBERNETES_CERTS_CA_FILE, value: %s/ca.crt}
        """
            .formatted(cluster.client().getMasterUrl(), SECRETS, SECRETS);
    boolean embedded = cluster.provider().equals("embedded");
    return Files.writeString(folder.resolve("values.yaml"), embedded ? common + local : common);
  }

  private Path manifest() throws Exception {
    return Files.writeString(folder.resolve("machine.yaml"), MACHINE);
  }

  private static Pod readyOperator(Cluster cluster, String namespace) {
    return await()
        .atMost(LIMIT)
        .until(
            () ->
                cluster
                    .client()
                    .pods()
                    .inNamespace(namespace)
                    .withLabels(Map.of("app.kubernetes.io/component", "operator"))
                    .list()
                    .getItems()
                    .stream()
                    .filter(Readiness::isPodReady)
                    .toList(),
            pods -> pods.size() == 2)
        .getFirst();
  }

  private static void waitFor(Kubectl kubectl, String what, String condition) throws Exception {
    kubectl.output(
        "wait", "--for=condition=" + condition, what, "--timeout=" + LIMIT.toSeconds() + "s");
  }

  private static String operatorLogs(Kubectl kubectl) throws Exception {
    return kubectl.output(
        "logs", "--selector=app.kubernetes.io/component=operator", "--tail=-1", "--prefix");
  }
}
