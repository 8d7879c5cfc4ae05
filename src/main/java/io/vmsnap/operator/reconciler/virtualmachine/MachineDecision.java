package io.vmsnap.operator.reconciler.virtualmachine;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.Restarts;
import io.vmsnap.operator.dependent.DirectoryClaim;
import io.vmsnap.operator.dependent.PodState;
import java.time.Instant;
import java.util.Optional;

/** Decides from what was observed, without side effects. */
final class MachineDecision {
  private MachineDecision() {}

  static MachineStep decide(VirtualMachine vm, MachineObservation seen, Instant now) {
    if (!seen.violations().isEmpty()) {
      return new MachineStep.Refuse(seen.violations());
    }
    PowerIntent power = PowerIntent.of(vm, seen.reverts());
    boolean wanted = power.wanted() == PowerState.PoweredOn;
    if (seen.pod().isPresent()) {
      Pod pod = seen.pod().get();
      if (!PodState.isControlledBy(pod, vm)) {
        return foreign(pod);
      }
      if (PodState.isTerminating(pod)) {
        return new MachineStep.AwaitStop(pod);
      }
      if (power.reverting()) {
        return PodState.hasEnded(pod) ? reverting() : new MachineStep.Watch(pod);
      }
      Optional<MachineStep> own = MachineOperations.decide(vm, seen, now);
      if (own.isPresent()) {
        return own.get();
      }
      if (!wanted) {
        return power.wanted() == PowerState.Suspended && !PodState.hasEnded(pod)
            ? new MachineStep.Watch(pod)
            : new MachineStep.StopPod(pod);
      }
      if (PodState.hasEnded(pod)) {
        return ended(vm, pod, now);
      }
      return mustChangeHands(vm, seen) ? new MachineStep.ApplyClaim() : new MachineStep.Watch(pod);
    }
    MachineStep claim = claim(vm, seen);
    if (claim != null) {
      return claim;
    }
    Optional<MachineStep> own = MachineOperations.decide(vm, seen, now);
    if (own.isPresent()) {
      return own.get();
    }
    if (!wanted) {
      return new MachineStep.Rest();
    }
    if (power.reverting()) {
      return reverting();
    }
    Instant notBefore = RestartBackoff.notBefore(restarts(vm));
    return now.isBefore(notBefore)
        ? new MachineStep.AwaitRestart(notBefore)
        : new MachineStep.StartPod();
  }

  /**
   * A pod of an earlier machine of this name may still hold the disks; one that somebody else made
   * is not ours to delete.
   */
  private static MachineStep foreign(Pod pod) {
    String name = pod.getMetadata().getName();
    return PodState.isTerminating(pod)
        ? new MachineStep.Hold(
            ConditionReason.WaitingForPod, "Pod " + name + " of an earlier machine ends", false)
        : new MachineStep.Hold(
            ConditionReason.NameTaken,
            "Pod " + name + " exists and does not belong to this machine: delete or rename it",
            true);
  }

  /** The end of the machine is part of the revert, and whether it is started again too. */
  private static MachineStep reverting() {
    return new MachineStep.Hold(ConditionReason.Reverting, "A revert is under way", false);
  }

  private static MachineStep ended(VirtualMachine vm, Pod pod, Instant now) {
    Restarts restarts = restarts(vm);
    boolean counted = restarts != null && pod.getMetadata().getUid().equals(restarts.podUid());
    return counted
        ? new MachineStep.RemoveEndedPod(pod)
        : new MachineStep.CountExit(RestartBackoff.next(restarts, pod, now));
  }

  private static MachineStep claim(VirtualMachine vm, MachineObservation seen) {
    String name = DirectoryClaim.nameOf(vm);
    boolean given = vm.getSpec().directory().claimName() != null;
    if (seen.claim().isEmpty()) {
      return given
          ? new MachineStep.Hold(
              ConditionReason.WaitingForClaim,
              "PersistentVolumeClaim " + name + " does not exist",
              false)
          : new MachineStep.ApplyClaim();
    }
    PersistentVolumeClaim claim = seen.claim().get();
    if (claim.getMetadata().getDeletionTimestamp() != null) {
      return unusable("PersistentVolumeClaim " + name + " is being deleted");
    }
    if (claim.getStatus() != null && "Lost".equals(claim.getStatus().getPhase())) {
      return unusable("PersistentVolumeClaim " + name + " has lost its volume");
    }
    if (DirectoryClaim.admitsOnePod(claim)) {
      return unusable(
          "PersistentVolumeClaim "
              + name
              + " has access mode ReadWriteOncePod: no job could mount it beside the machine's pod."
              + " Bind the volume to a claim with ReadWriteOnce, with which both run on one node");
    }
    if (given) {
      return null;
    }
    if (!DirectoryClaim.isOf(claim, vm)) {
      return new MachineStep.Hold(
          ConditionReason.NameTaken,
          "PersistentVolumeClaim "
              + name
              + " exists and was not made for this machine: name it in directory.claimName to use"
              + " it",
          true);
    }
    return DirectoryClaim.mustGrow(claim, vm) || DirectoryClaim.mustChangeHands(claim, vm)
        ? new MachineStep.ApplyClaim()
        : null;
  }

  /** At once, running or not: the machine's resource may be deleted next. */
  private static boolean mustChangeHands(VirtualMachine vm, MachineObservation seen) {
    return vm.getSpec().directory().claimTemplate() != null
        && seen.claim()
            .filter(claim -> DirectoryClaim.isOf(claim, vm))
            .filter(claim -> DirectoryClaim.mustChangeHands(claim, vm))
            .isPresent();
  }

  private static MachineStep unusable(String message) {
    return new MachineStep.Hold(ConditionReason.ClaimUnusable, message, true);
  }

  private static Restarts restarts(VirtualMachine vm) {
    return vm.getStatus() == null ? null : vm.getStatus().restarts();
  }
}
