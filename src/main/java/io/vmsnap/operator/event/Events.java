package io.vmsnap.operator.event;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.vmsnap.api.v1alpha1.EventReason;

/** Tells people of what happened to a resource. */
public interface Events {
  /** Something went as it should. */
  void normal(HasMetadata about, EventReason reason, String message);

  /** Something that a person may want to look at. */
  void warning(HasMetadata about, EventReason reason, String message);
}
