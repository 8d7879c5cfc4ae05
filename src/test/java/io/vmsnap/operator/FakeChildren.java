package io.vmsnap.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vmsnap.operator.reconciler.Children;
import java.util.ArrayList;
import java.util.List;

/** Remembers what was written, and refuses when told to. */
public final class FakeChildren implements Children {
  public final List<HasMetadata> applied = new ArrayList<>();
  public final List<HasMetadata> deleted = new ArrayList<>();
  public KubernetesClientException refusal;

  @Override
  public void apply(HasMetadata desired) {
    if (refusal != null) {
      throw refusal;
    }
    applied.add(desired);
  }

  @Override
  public void delete(HasMetadata seen) {
    deleted.add(seen);
  }
}
