package io.vmsnap.operator.reconciler;

import io.fabric8.kubernetes.api.model.HasMetadata;

/** The operator's writes to the objects it makes. */
public interface Children {
  /**
   * Applies an object as the operator wants it; the same object twice changes nothing.
   *
   * @throws io.fabric8.kubernetes.client.KubernetesClientException if the API server refuses
   */
  void apply(HasMetadata desired);

  /** Deletes an object gracefully, if it is still the one that was seen. */
  void delete(HasMetadata seen);
}
