package io.vmsnap.harness.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.vmsnap.harness.node.ClaimVolume;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A cluster that somebody else runs: its nodes are out of reach, and its volumes unless a node is
 * this machine.
 */
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
    // another node's path may exist here by chance, but not one that is named after its volume
    return ClaimVolume.directory(client(), namespace, claim)
        .filter(path -> path.toString().contains("pvc-") && Files.isDirectory(path));
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
