package io.vmsnap.operator.status;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.util.function.Supplier;

/** How a status is written: applied server-side, only where it differs, and never over a newer. */
public final class StatusPatch {
  private StatusPatch() {}

  /**
   * @param resource as it was observed
   * @param next its status from now on
   */
  public static <S, R extends CustomResource<?, S>> UpdateControl<R> of(
      R resource, S next, Supplier<R> empty) {
    if (next.equals(resource.getStatus())) {
      return UpdateControl.noUpdate();
    }
    R patch = empty.get();
    patch.setMetadata(
        new ObjectMetaBuilder()
            .withName(resource.getMetadata().getName())
            .withNamespace(resource.getMetadata().getNamespace())
            // a decision that rested on an old cache must not overwrite a newer one: an attempt
            // recorded twice would be two jobs
            .withResourceVersion(resource.getMetadata().getResourceVersion())
            .build());
    patch.setStatus(next);
    return UpdateControl.patchStatus(patch);
  }
}
