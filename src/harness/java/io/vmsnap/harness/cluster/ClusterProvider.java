package io.vmsnap.harness.cluster;

import java.util.Optional;
import java.util.function.Consumer;

/**
 * Where clusters come from: {@link EmbeddedClusterProvider} starts one on this machine, {@link
 * CurrentClusterProvider} takes the one of the current kubeconfig.
 */
public interface ClusterProvider {
  /** What {@code VMSNAP_CLUSTER} calls it. */
  String name();

  /** Why there is no such cluster here, in words for a person. Empty where there is one. */
  Optional<String> unavailable();

  /**
   * Starts or connects to the cluster and applies {@code crds/}.
   *
   * @param progress told of each step as it begins, one line each
   * @throws Exception if the cluster does not come up; what was started is stopped again
   */
  Cluster open(Consumer<String> progress) throws Exception;
}
