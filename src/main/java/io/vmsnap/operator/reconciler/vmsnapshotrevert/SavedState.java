package io.vmsnap.operator.reconciler.vmsnapshotrevert;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.Labels;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VMSnapshotSpec;

/**
 * The snapshot that a revert takes of the state it leaves. It is a snapshot like any other, and has
 * no owner: it is there to outlive the revert.
 */
final class SavedState {
  private SavedState() {}

  /**
   * @param memory whether the machine runs
   */
  static VMSnapshot desired(VMSnapshotRevert revert, String name, boolean memory) {
    VMSnapshot snapshot = new VMSnapshot();
    snapshot.setMetadata(
        new ObjectMetaBuilder()
            .withName(name)
            .withNamespace(revert.getMetadata().getNamespace())
            .addToLabels(Labels.VM_NAME, revert.getSpec().vmName())
            .addToAnnotations(Annotations.SAVED_BY, revert.getMetadata().getUid())
            .build());
    snapshot.setSpec(
        new VMSnapshotSpec(
            revert.getSpec().vmName(),
            "the state before revert "
                + revert.getMetadata().getName()
                + " to "
                + revert.getSpec().snapshotName(),
            memory,
            null,
            revert.getSpec().timeout(),
            null));
    return snapshot;
  }
}
