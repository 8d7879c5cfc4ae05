package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.util.Optional;

/** Finds the directory behind a claim: our own volumes, and hostPath or local ones made by hand. */
public final class ClaimVolume {
  private ClaimVolume() {}

  /** Empty while the claim is missing, not bound, or bound to a volume that is no directory. */
  public static Optional<Path> directory(
      KubernetesClient client, String namespace, String claimName) {
    PersistentVolumeClaim claim =
        client.persistentVolumeClaims().inNamespace(namespace).withName(claimName).get();
    return claim == null || !isBound(claim)
        ? Optional.empty()
        : directory(client.persistentVolumes().withName(claim.getSpec().getVolumeName()).get());
  }

  static boolean isBound(PersistentVolumeClaim claim) {
    return claim.getStatus() != null
        && "Bound".equals(claim.getStatus().getPhase())
        && claim.getSpec().getVolumeName() != null;
  }

  private static Optional<Path> directory(PersistentVolume volume) {
    if (volume == null) {
      return Optional.empty();
    }
    if (volume.getSpec().getLocal() != null) {
      return Optional.of(Path.of(volume.getSpec().getLocal().getPath()));
    }
    return Optional.ofNullable(volume.getSpec().getHostPath()).map(h -> Path.of(h.getPath()));
  }
}
