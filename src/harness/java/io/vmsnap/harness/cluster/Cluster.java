package io.vmsnap.harness.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A cluster as a scenario sees it, whoever provides it. The {@code vmsnap.io} definitions are
 * applied when it is handed out; the operator is stopped until {@link #operator()} is told to start
 * it.
 */
public interface Cluster extends AutoCloseable {
  /** The provider's name, e.g. {@code embedded}. */
  String provider();

  /** A client with administrator's rights; it belongs to the cluster, callers do not close it. */
  KubernetesClient client();

  /** For {@code kubectl --kubeconfig}. */
  Path kubeconfig();

  /**
   * Creates a namespace with a free name that starts with the prefix, and waits until pods can be
   * created in it.
   */
  String createNamespace(String prefix);

  /** Deletes a namespace with all it holds; does not wait. */
  void deleteNamespace(String namespace);

  /**
   * The directory that holds a bound claim's data on this machine: the mount point a pod sees.
   * Empty where the data cannot be reached from here (a remote cluster) or the claim is not bound.
   */
  Optional<Path> claimDirectory(String namespace, String claim);

  /** A storage class whose new volumes hold the demo guest. Empty where there is none. */
  Optional<String> guestImageClass();

  /** The operator under test. */
  OperatorProcess operator();

  /**
   * Simulates the loss of the node that runs the pods. Empty where that is not ours to do.
   *
   * @return the switch
   */
  Optional<NodeFailure> nodeFailure();

  /** Prints what helps to understand a failure: objects, events, pod logs, operator log. */
  void dump(String namespace, PrintStream out);

  @Override
  void close();
}
