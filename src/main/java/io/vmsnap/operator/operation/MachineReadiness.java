package io.vmsnap.operator.operation;

import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.status.Conditions;
import java.util.Optional;
import java.util.Set;

/** Whether a machine is in a state from which an operation can begin. */
public final class MachineReadiness {
  private static final Set<String> OPEN_REASONS =
      Set.of(
          ConditionReason.Running.name(),
          ConditionReason.Paused.name(),
          ConditionReason.IOError.name());

  private MachineReadiness() {}

  /** What keeps operations from beginning; the message is for people. */
  public record Obstacle(ConditionReason reason, String message) {}

  /** Empty if nothing does. */
  public static Optional<Obstacle> obstacle(String name, Optional<VirtualMachine> machine) {
    if (machine.isEmpty()) {
      return of(ConditionReason.WaitingForVM, "There is no VirtualMachine " + name + " here");
    }
    VirtualMachine vm = machine.get();
    if (vm.getMetadata().getDeletionTimestamp() != null) {
      return of(ConditionReason.WaitingForVM, "VirtualMachine " + name + " is being deleted");
    }
    if (vm.getStatus() == null
        || vm.getSpec() == null
        || !vm.getMetadata().getGeneration().equals(vm.getStatus().observedGeneration())) {
      return of(ConditionReason.VMNotReady, notYet(name));
    }
    if (isSettled(vm)) {
      return Optional.empty();
    }
    return of(
        ConditionReason.VMNotReady,
        Conditions.find(vm.getStatus().conditions(), ConditionType.Stalled)
            .filter(Condition::holds)
            .map(stalled -> "VirtualMachine " + name + " is not ready: " + stalled.message())
            .orElseGet(() -> notYet(name)));
  }

  /**
   * The same for all steps of a machine's start, which the machine itself tells of: each snapshot
   * that waits for it would write them down again.
   */
  private static String notYet(String name) {
    return "VirtualMachine " + name + " is not ready yet";
  }

  /** Whether the guest runs or stands still, rather than being off. */
  public static boolean isOn(VirtualMachine vm) {
    return vm.getStatus() != null && vm.getStatus().powerState() == PowerState.PoweredOn;
  }

  /** Off without a pod, or on with a guest that runs or stands still. */
  private static boolean isSettled(VirtualMachine vm) {
    Optional<Condition> ready = Conditions.find(vm.getStatus().conditions(), ConditionType.Ready);
    return isOn(vm)
        ? ready.filter(condition -> OPEN_REASONS.contains(condition.reason())).isPresent()
        : vm.getStatus().pod() == null && ready.filter(Condition::holds).isPresent();
  }

  private static Optional<Obstacle> of(ConditionReason reason, String message) {
    return Optional.of(new Obstacle(reason, message));
  }
}
