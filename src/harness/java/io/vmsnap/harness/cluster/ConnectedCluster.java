package io.vmsnap.harness.cluster;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** What every cluster can do that has a client, a kubeconfig and an operator process. */
abstract class ConnectedCluster implements Cluster {
  private final KubernetesClient client;
  private final Path kubeconfig;
  private final OperatorProcess operator;

  ConnectedCluster(KubernetesClient client, Path kubeconfig, OperatorProcess operator) {
    this.client = client;
    this.kubeconfig = kubeconfig;
    this.operator = operator;
  }

  @Override
  public KubernetesClient client() {
    return client;
  }

  @Override
  public Path kubeconfig() {
    return kubeconfig;
  }

  @Override
  public OperatorProcess operator() {
    return operator;
  }

  @Override
  public String createNamespace(String prefix) {
    String name =
        client
            .namespaces()
            .resource(
                new NamespaceBuilder()
                    .withNewMetadata()
                    .withGenerateName(prefix + "-")
                    .endMetadata()
                    .build())
            .create()
            .getMetadata()
            .getName();
    // Pods are refused until the controller manager has made the default service account.
    client
        .serviceAccounts()
        .inNamespace(name)
        .withName("default")
        .waitUntilCondition(account -> account != null, 30, TimeUnit.SECONDS);
    return name;
  }

  @Override
  public void deleteNamespace(String namespace) {
    client.namespaces().withName(namespace).delete();
  }

  @Override
  public void dump(String namespace, PrintStream out) {
    ClusterDump dump = new ClusterDump(kubeconfig, out);
    dump.namespace(namespace);
    dump.log(operator.log());
  }

  @Override
  public void close() {
    operator.close();
    client.close();
  }
}
