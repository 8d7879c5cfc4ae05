package io.vmsnap.operator.reconciler.virtualmachine;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vmsnap.api.v1alpha1.ConditionReason;
import java.net.HttpURLConnection;

/** Tells refusals that a person must read from failures that the framework retries. */
final class MachineRefusal {
  private static final int UNPROCESSABLE = 422;

  private MachineRefusal() {}

  /**
   * A quota, a policy or an admission webhook refuses with 403 or 422: the message says which.
   *
   * @throws KubernetesClientException if it is none of these; the framework retries with backoff
   */
  static MachineStep from(KubernetesClientException e) {
    boolean refused =
        e.getCode() == HttpURLConnection.HTTP_FORBIDDEN || e.getCode() == UNPROCESSABLE;
    if (!refused) {
      throw e;
    }
    return new MachineStep.Hold(ConditionReason.ChildRefused, reason(e), true);
  }

  /** The server's own words; the client wraps them in the request that it made. */
  private static String reason(KubernetesClientException e) {
    return e.getStatus() == null || e.getStatus().getMessage() == null
        ? e.getMessage()
        : e.getStatus().getMessage();
  }
}
