package io.vmsnap.operator.operation;

import io.vmsnap.api.v1alpha1.VMSnapshotRevertSpec;
import io.vmsnap.api.v1alpha1.VMSnapshotSpec;
import io.vmsnap.operator.dependent.SpecHash;

/** Hashes of what operations are asked with; a job must have been made from the same. */
public final class RequestHash {
  private RequestHash() {}

  /** Of the fields that cannot change. */
  public static String of(VMSnapshotSpec spec) {
    return SpecHash.of(spec.vmName(), spec.memory(), spec.quiesce(), spec.timeout());
  }

  public static String ofDescription(VMSnapshotSpec spec) {
    return SpecHash.of("description", spec.displayName(), spec.description());
  }

  public static String ofDeletion(long uid, boolean withDescendants) {
    return SpecHash.of("deletion", uid, withDescendants);
  }

  /** Of the fields that cannot change. */
  public static String of(VMSnapshotRevertSpec spec) {
    return SpecHash.of(
        spec.vmName(),
        spec.snapshotName(),
        spec.power(),
        spec.ifRunning(),
        spec.saveCurrentState(),
        spec.memoryLoad(),
        spec.timeout());
  }
}
