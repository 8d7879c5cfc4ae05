package io.vmsnap.operator.reconciler;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.net.HttpURLConnection;

/**
 * Writes through the framework, which puts what the API server answered into the informers' caches:
 * the next reconciliation sees the object even if its event is still on the way.
 */
public final class ContextChildren implements Children {
  private final Context<?> context;

  public ContextChildren(Context<?> context) {
    this.context = context;
  }

  @Override
  public void apply(HasMetadata desired) {
    context.resourceOperations().serverSideApply(desired);
  }

  @Override
  public void delete(HasMetadata seen) {
    try {
      context
          .getClient()
          .resource(seen)
          .lockResourceVersion(seen.getMetadata().getResourceVersion())
          .delete();
    } catch (KubernetesClientException e) {
      // somebody replaced it since: the next event tells what is there now
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT
          && e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
    }
  }
}
