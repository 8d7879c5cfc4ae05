package io.vmsnap.operator.status;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.util.function.Supplier;

/**
 * How a status is written: replaced as a whole, only where it differs, and never over a newer one.
 * It is not applied server-side, because API servers of 1.20 leave a null behind where an applier
 * no longer names an object, such as the progress of an operation that ended, and then refuse their
 * own work as invalid. The operator is the only writer, so there is nobody to merge with.
 */
public final class StatusUpdate {
  private StatusUpdate() {}

  /**
   * What is to be written, as the framework says it.
   *
   * @param resource as it was observed
   * @param next its status from now on
   */
  public static <S, R extends CustomResource<?, S>> UpdateControl<R> of(
      R resource, S next, Supplier<R> empty) {
    if (next.equals(resource.getStatus())) {
      return UpdateControl.noUpdate();
    }
    R update = empty.get();
    update.setMetadata(
        new ObjectMetaBuilder()
            .withName(resource.getMetadata().getName())
            .withNamespace(resource.getMetadata().getNamespace())
            // a decision that rested on an old cache must not overwrite a newer one: an attempt
            // recorded twice would be two jobs
            .withResourceVersion(resource.getMetadata().getResourceVersion())
            .build());
    update.setStatus(next);
    return UpdateControl.patchStatus(update);
  }

  /** Writes it, and leaves the framework only the time of the next look. */
  public static <R extends CustomResource<?, ?>> UpdateControl<R> write(
      Context<R> context, UpdateControl<R> wanted) {
    wanted.getResource().ifPresent(context.resourceOperations()::updatePrimaryStatus);
    UpdateControl<R> written = UpdateControl.noUpdate();
    return wanted.getScheduleDelay().map(written::rescheduleAfter).orElse(written);
  }
}
