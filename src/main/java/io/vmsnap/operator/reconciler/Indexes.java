package io.vmsnap.operator.reconciler;

import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import java.util.List;

/** Indexes of informers, so that no reconciliation lists what it does not need. */
public final class Indexes {
  /** VMSnapshots and VMSnapshotReverts by the machine they name. */
  public static final String BY_VM = "vm";

  private Indexes() {}

  public static String key(String namespace, String name) {
    return namespace + "/" + name;
  }

  /** Index function of {@link #BY_VM}. */
  public static List<String> machineOf(VMSnapshotRevert revert) {
    return revert.getSpec() == null || revert.getSpec().vmName() == null
        ? List.of()
        : List.of(key(revert.getMetadata().getNamespace(), revert.getSpec().vmName()));
  }

  /** Index function of {@link #BY_VM}. */
  public static List<String> machineOf(VMSnapshot snapshot) {
    return snapshot.getSpec() == null || snapshot.getSpec().vmName() == null
        ? List.of()
        : List.of(key(snapshot.getMetadata().getNamespace(), snapshot.getSpec().vmName()));
  }
}
