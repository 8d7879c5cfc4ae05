package io.vmsnap.harness.cluster;

/**
 * A namespace for one test; it is deleted afterwards.
 *
 * @param cluster it is in
 */
public record ClusterNamespace(Cluster cluster, String name) {
  @Override
  public String toString() {
    return name;
  }
}
