package io.vmsnap.operator.reconciler.vmsnapshot;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.vmsnap.api.v1alpha1.Finalizers;
import io.vmsnap.api.v1alpha1.Labels;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import java.util.Map;

/**
 * What the operator adds to a snapshot's metadata: a label by which all snapshots of a machine are
 * found, and the machine as an owner, so that the garbage collector removes the resource with it.
 */
final class SnapshotMetadata {
  private SnapshotMetadata() {}

  static boolean isComplete(VMSnapshot snapshot, VirtualMachine vm) {
    String uid = vm.getMetadata().getUid();
    Map<String, String> labels = snapshot.getMetadata().getLabels();
    return labels != null
        && vm.getMetadata().getName().equals(labels.get(Labels.VM_NAME))
        && snapshot.getMetadata().getOwnerReferences().stream()
            .anyMatch(owner -> owner.getUid().equals(uid));
  }

  /** All that the operator's field manager owns; the finalizer too, which else would vanish. */
  static VMSnapshot desired(VMSnapshot snapshot, VirtualMachine vm) {
    VMSnapshot desired = new VMSnapshot();
    desired.setMetadata(
        new ObjectMetaBuilder()
            .withName(snapshot.getMetadata().getName())
            .withNamespace(snapshot.getMetadata().getNamespace())
            .addToFinalizers(Finalizers.CONSOLIDATE)
            .addToLabels(Labels.VM_NAME, vm.getMetadata().getName())
            .withOwnerReferences(
                new OwnerReferenceBuilder()
                    .withApiVersion(vm.getApiVersion())
                    .withKind(vm.getKind())
                    .withName(vm.getMetadata().getName())
                    .withUid(vm.getMetadata().getUid())
                    .build())
            .build());
    return desired;
  }
}
