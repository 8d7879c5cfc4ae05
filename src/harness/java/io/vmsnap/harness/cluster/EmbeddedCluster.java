package io.vmsnap.harness.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.vmsnap.harness.controlplane.ControlPlane;
import io.vmsnap.harness.controlplane.ControlPlaneBinaries;
import io.vmsnap.harness.node.ClaimVolume;
import io.vmsnap.harness.node.LocalNode;
import io.vmsnap.harness.node.NodeConfig;
import io.vmsnap.harness.node.VolumeSeeder;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A real control plane and a local node on this machine, with all state in one directory. */
public final class EmbeddedCluster extends ConnectedCluster {
  public static final String GUEST_IMAGE_CLASS = "guest-image";

  private static final String NODE_NAME = "local";
  private static final int SLOW_MACHINE_MILLIS = 60_000;

  private final ControlPlane controlPlane;
  private final LocalNode node;
  private final Thread shutdownHook =
      Thread.ofPlatform().name("cluster-shutdown").unstarted(this::stopAll);

  private EmbeddedCluster(
      KubernetesClient client,
      OperatorProcess operator,
      ControlPlane controlPlane,
      LocalNode node) {
    super(client, controlPlane.kubeconfig(), operator);
    this.controlPlane = controlPlane;
    this.node = node;
  }

  /**
   * Starts everything but the operator. A JVM that ends takes the cluster down in order.
   *
   * @param home the built project
   * @param directory of the cluster; a later start with the same one continues the same cluster
   * @param seeders more storage classes than {@code standard}, by name
   * @param progress told of each step as it begins
   */
  static EmbeddedCluster start(
      VmsnapHome home, Path directory, Map<String, VolumeSeeder> seeders, Consumer<String> progress)
      throws IOException {
    home.requireBuilt();
    progress.accept("starting etcd, kube-apiserver, kube-controller-manager");
    ControlPlane controlPlane = new ControlPlane(ControlPlaneBinaries.find(), directory);
    controlPlane.start();
    KubernetesClient client = null;
    try {
      client = client(controlPlane.kubeconfig());
      progress.accept("applying crds/");
      ClusterDefinitions.apply(client, home.project());
      progress.accept("starting the local node");
      LocalNode node = startNode(home, directory, seeders, controlPlane, client);
      OperatorProcess operator =
          new OperatorProcess(
              List.of(home.launcher().toString(), "operator"),
              operatorEnvironment(home, controlPlane),
              directory.resolve("logs").resolve("operator.log"));
      EmbeddedCluster cluster = new EmbeddedCluster(client, operator, controlPlane, node);
      Runtime.getRuntime().addShutdownHook(cluster.shutdownHook);
      controlPlane.leaveShutdownToOwner();
      return cluster;
    } catch (IOException | RuntimeException e) {
      if (client != null) {
        client.close();
      }
      controlPlane.close();
      throw e;
    }
  }

  private static LocalNode startNode(
      VmsnapHome home,
      Path directory,
      Map<String, VolumeSeeder> seeders,
      ControlPlane controlPlane,
      KubernetesClient client)
      throws IOException {
    Map<String, VolumeSeeder> classes = new HashMap<>(seeders);
    classes.put(NodeConfig.DEFAULT_CLASS, VolumeSeeder.EMPTY);
    return LocalNode.start(
        NodeConfig.of(NODE_NAME, directory.resolve("node"))
            .withImageEnvironment(home.environment())
            .withStorageClasses(classes)
            .withFirstBackOff(Duration.ofSeconds(2))
            .withTls(
                address ->
                    KubeletTls.forNode(NODE_NAME, address, controlPlane.certificateAuthority())),
        client);
  }

  private static Map<String, String> operatorEnvironment(
      VmsnapHome home, ControlPlane controlPlane) {
    Map<String, String> environment = new HashMap<>(home.environment());
    environment.put("KUBECONFIG", controlPlane.kubeconfig().toString());
    // A person's own service on 8080 must not keep the operator from starting.
    environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
    environment.put("QUARKUS_HTTP_PORT", "0");
    // A machine that also builds, runs guests and the servers may take its time to answer.
    environment.put("QUARKUS_KUBERNETES_CLIENT_CONNECTION_TIMEOUT", "PT60S");
    environment.put("QUARKUS_KUBERNETES_CLIENT_REQUEST_TIMEOUT", "PT60S");
    return environment;
  }

  /** A client that waits for an API server on a busy machine. */
  public static KubernetesClient client(Path kubeconfig) {
    Config config = Config.fromKubeconfig(kubeconfig.toFile());
    // The machine may be busy with builds and guests: slow is not broken.
    config.setConnectionTimeout(SLOW_MACHINE_MILLIS);
    config.setRequestTimeout(SLOW_MACHINE_MILLIS);
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  @Override
  public String provider() {
    return EmbeddedClusterProvider.NAME;
  }

  @Override
  public Optional<Path> claimDirectory(String namespace, String claim) {
    return ClaimVolume.directory(client(), namespace, claim);
  }

  @Override
  public Optional<String> guestImageClass() {
    return Optional.ofNullable(
            client().storage().v1().storageClasses().withName(GUEST_IMAGE_CLASS).get())
        .map(found -> found.getMetadata().getName());
  }

  @Override
  public Optional<NodeFailure> nodeFailure() {
    return Optional.of(
        new NodeFailure() {
          @Override
          public void partition() {
            node.partition();
          }

          @Override
          public void powerLoss() {
            try {
              node.powerLoss();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }

          @Override
          public void recover() {
            node.recover();
          }
        });
  }

  /** Whether all servers of the control plane run. */
  public boolean isAlive() {
    return controlPlane.isAlive();
  }

  /** Logs of all containers: {@code NAMESPACE_POD_UID/CONTAINER/RUN.log}. */
  public Path podLogs() {
    return node.logs();
  }

  @Override
  public void dump(String namespace, PrintStream out) {
    super.dump(namespace, out);
    if (!Files.isDirectory(podLogs())) {
      return;
    }
    ClusterDump dump = new ClusterDump(kubeconfig(), out);
    try (Stream<Path> files = Files.walk(podLogs())) {
      files
          .filter(file -> podLogs().relativize(file).toString().startsWith(namespace + "_"))
          .filter(file -> file.toString().endsWith(".log"))
          .sorted()
          .forEach(dump::log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Stops operator, pods and servers, in this order; the state stays in the directory. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(shutdownHook);
    } catch (IllegalStateException e) {
      return; // the JVM is ending, and the hook does it
    }
    stopAll();
  }

  private void stopAll() {
    operator().close();
    node.close();
    super.close();
    controlPlane.close();
  }
}
