package io.vmsnap.harness.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The cluster of the current kubeconfig, with real pods. The operator runs on this machine; the
 * pods it makes need an image that the cluster can pull.
 */
public final class CurrentClusterProvider implements ClusterProvider {
  public static final String NAME = "current";

  /** Read by the operator: the image of runner pods and jobs. */
  static final String IMAGE_VARIABLE = "VMSNAP_IMAGE";

  private final Optional<String> image;
  private final Path kubeconfig;

  /**
   * @param image as given by {@code --image}
   */
  public CurrentClusterProvider(Optional<String> image) {
    this.image = image.filter(name -> !name.isBlank());
    this.kubeconfig = kubeconfig();
  }

  private static Path kubeconfig() {
    String variable = System.getenv("KUBECONFIG");
    return variable == null || variable.isBlank()
        ? Path.of(System.getProperty("user.home"), ".kube", "config")
        : Path.of(variable.split(":")[0]);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Optional<String> unavailable() {
    if (!Files.isReadable(kubeconfig)) {
      return Optional.of("there is no kubeconfig: " + kubeconfig + " (set KUBECONFIG)");
    }
    if (image.isEmpty()) {
      return Optional.of("pods of a real cluster need an image: give --image or VMSNAP_IMAGE");
    }
    try (KubernetesClient client = EmbeddedCluster.client(kubeconfig)) {
      client.getKubernetesVersion();
      VmsnapHome.ofThisProject().requireBuilt();
      return Optional.empty();
    } catch (KubernetesClientException | IOException | IllegalStateException e) {
      return Optional.of("cluster of " + kubeconfig + ": " + e.getMessage());
    }
  }

  @Override
  public Cluster open(Consumer<String> progress) throws Exception {
    VmsnapHome home = VmsnapHome.ofThisProject();
    home.requireBuilt();
    KubernetesClient client = EmbeddedCluster.client(kubeconfig);
    progress.accept("applying crds/ to " + client.getMasterUrl());
    ClusterDefinitions.apply(client, home.project());
    Map<String, String> environment = new HashMap<>(home.environment());
    environment.put("KUBECONFIG", kubeconfig.toString());
    environment.put(IMAGE_VARIABLE, image.orElseThrow());
    environment.put("QUARKUS_HTTP_PORT", "0");
    Path log = Files.createTempDirectory("vmsnap-operator").resolve("operator.log");
    return new CurrentCluster(
        client, kubeconfig, new OperatorProcess(operator(home), environment, log));
  }

  /** Of this checkout as a process here, or the one that {@link ChartInstall} put there. */
  private static List<String> operator(VmsnapHome home) {
    return "installed".equals(System.getenv("VMSNAP_OPERATOR"))
        ? List.of(home.project().resolve("src/harness/sh/installed-operator").toString())
        : List.of(home.launcher().toString(), "operator");
  }
}
