package io.vmsnap.harness.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.util.Optional;

/** A cluster that somebody else runs: its nodes and volumes are out of reach. */
final class CurrentCluster extends ConnectedCluster {
  CurrentCluster(KubernetesClient client, Path kubeconfig, OperatorProcess operator) {
    super(client, kubeconfig, operator);
  }

  @Override
  public String provider() {
    return CurrentClusterProvider.NAME;
  }

  @Override
  public Optional<Path> claimDirectory(String namespace, String claim) {
    return Optional.empty();
  }

  @Override
  public Optional<String> guestImageClass() {
    return Optional.ofNullable(
            client()
                .storage()
                .v1()
                .storageClasses()
                .withName(EmbeddedCluster.GUEST_IMAGE_CLASS)
                .get())
        .map(found -> found.getMetadata().getName());
  }

  @Override
  public Optional<NodeFailure> nodeFailure() {
    return Optional.empty();
  }
}
