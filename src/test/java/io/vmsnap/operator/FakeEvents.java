package io.vmsnap.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.vmsnap.api.v1alpha1.EventReason;
import io.vmsnap.operator.event.Events;
import java.util.ArrayList;
import java.util.List;

/** Remembers the reasons of events. */
public final class FakeEvents implements Events {
  public final List<String> told = new ArrayList<>();

  @Override
  public void normal(HasMetadata about, EventReason reason, String message) {
    told.add("Normal " + reason);
  }

  @Override
  public void warning(HasMetadata about, EventReason reason, String message) {
    told.add("Warning " + reason);
  }
}
