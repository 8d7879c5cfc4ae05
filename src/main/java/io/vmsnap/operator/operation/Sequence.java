package io.vmsnap.operator.operation;

import io.fabric8.kubernetes.api.model.HasMetadata;

/**
 * Decides between operations that were asked for within the same second, the resolution of
 * Kubernetes' times. It is the resource version that the operator saw first, which grows with every
 * write to the API server, and it is kept in the status from then on. Unlike a name it tells who
 * came first; between resources that are written within milliseconds of each other, or while no
 * operator runs, it tells who was seen first.
 */
public final class Sequence {
  private Sequence() {}

  /**
   * @param kept from the status; null before the first look
   * @return null if the API server's resource versions are no numbers
   */
  public static Long of(HasMetadata resource, Long kept) {
    if (kept != null) {
      return kept;
    }
    try {
      return Long.valueOf(resource.getMetadata().getResourceVersion());
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
