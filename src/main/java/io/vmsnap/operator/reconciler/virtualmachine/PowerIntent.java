package io.vmsnap.operator.reconciler.virtualmachine;

import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertStatus.Phase;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.PowerOverride;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.RevertReference;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What the machine's power is to be: what the spec says, or what the last revert left, until the
 * user changes the spec. The spec itself is never written: whoever keeps it in Git would see it
 * change, and set it back.
 *
 * @param override null while the spec decides
 * @param lastRevert the last revert that took place; null for none
 * @param unseen that revert, if the status does not know of it yet; null else
 * @param reverting whether a revert is under way: the machine's power is its business then
 */
record PowerIntent(
    PowerState spec,
    PowerOverride override,
    RevertReference lastRevert,
    RevertReference unseen,
    boolean reverting) {

  static PowerIntent of(VirtualMachine vm, List<VMSnapshotRevert> reverts) {
    VirtualMachineStatus before = vm.getStatus();
    PowerState spec = vm.getSpec() == null ? PowerState.PoweredOff : vm.getSpec().powerState();
    RevertReference known = before == null ? null : before.lastRevert();
    boolean reverting =
        reverts.stream()
            .map(VMSnapshotRevert::getStatus)
            .anyMatch(status -> status != null && status.phase() == Phase.Reverting);
    Optional<VMSnapshotRevert> fresh =
        reverts.stream()
            .filter(revert -> tookPlace(revert) && isSince(revert, vm, known))
            .max(Comparator.comparing(revert -> revert.getStatus().completionTime()));
    if (fresh.isEmpty()) {
      return new PowerIntent(spec, kept(before, spec), known, null, reverting);
    }
    VMSnapshotRevertStatus status = fresh.get().getStatus();
    String name = fresh.get().getMetadata().getName();
    RevertReference unseen =
        new RevertReference(
            name,
            fresh.get().getMetadata().getUid(),
            status.snapshotUid(),
            status.completionTime());
    PowerOverride override =
        status.powerStateAfter() == null || status.powerStateAfter() == spec
            ? null
            : new PowerOverride(status.powerStateAfter(), spec, name);
    return new PowerIntent(spec, override, unseen, unseen, reverting);
  }

  PowerState wanted() {
    return override == null ? spec : override.powerState();
  }

  private static PowerOverride kept(VirtualMachineStatus before, PowerState spec) {
    PowerOverride override = before == null ? null : before.powerOverride();
    return override != null && override.insteadOf() == spec ? override : null;
  }

  private static boolean tookPlace(VMSnapshotRevert revert) {
    return revert.getStatus() != null && revert.getStatus().phase() == Phase.Succeeded;
  }

  /** Reverts of an earlier machine of this name, and those that were noted, are history. */
  private static boolean isSince(
      VMSnapshotRevert revert, VirtualMachine vm, RevertReference known) {
    String ended = revert.getStatus().completionTime();
    String created = vm.getMetadata().getCreationTimestamp();
    return (created == null || !Instant.parse(ended).isBefore(Instant.parse(created)))
        && (known == null
            || !known.uid().equals(revert.getMetadata().getUid())
                && ended.compareTo(known.completionTime()) >= 0);
  }
}
