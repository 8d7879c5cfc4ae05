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
    if (isPrimary(desired)) {
      applyPrimary(context, desired);
    } else {
      context.resourceOperations().serverSideApply(desired);
    }
  }

  private boolean isPrimary(HasMetadata object) {
    HasMetadata primary = context.getPrimaryResource();
    return primary.getKind().equals(object.getKind())
        && primary.getMetadata().getName().equals(object.getMetadata().getName());
  }

  @SuppressWarnings("unchecked") // of the primary's kind, as was just seen
  private static <P extends HasMetadata> void applyPrimary(Context<P> context, HasMetadata object) {
    context.resourceOperations().serverSideApplyPrimary((P) object);
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
