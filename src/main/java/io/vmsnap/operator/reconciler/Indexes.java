package io.vmsnap.operator.reconciler;

import io.vmsnap.api.v1alpha1.VMSnapshot;
import java.util.List;

/** Indexes of informers, so that no reconciliation lists what it does not need. */
public final class Indexes {
  /** VMSnapshots by the machine they name. */
  public static final String BY_VM = "vm";

  private Indexes() {}

  public static String key(String namespace, String name) {
    return namespace + "/" + name;
  }

  /** Index function of {@link #BY_VM}. */
  public static List<String> machineOf(VMSnapshot snapshot) {
    return snapshot.getSpec() == null || snapshot.getSpec().vmName() == null
        ? List.of()
        : List.of(key(snapshot.getMetadata().getNamespace(), snapshot.getSpec().vmName()));
  }
}
