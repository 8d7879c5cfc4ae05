package io.vmsnap.operator.reconciler.virtualmachine;

import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.EventReason;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.operator.event.Events;
import io.vmsnap.operator.operation.JobStep;
import io.vmsnap.operator.status.Conditions;
import java.util.List;

/** Events of a machine: told when a condition takes up a reason, not while it keeps it. */
final class MachineEvents {
  private final Events events;

  MachineEvents(Events events) {
    this.events = events;
  }

  void tell(VirtualMachine vm, MachineStep step, VirtualMachineStatus next) {
    if (step instanceof MachineStep.Work work) {
      tell(vm, work.kind(), work.job());
    }
    List<Condition> before = vm.getStatus() == null ? List.of() : vm.getStatus().conditions();
    if (next.powerOverride() != null
        && (vm.getStatus() == null
            || !next.powerOverride().equals(vm.getStatus().powerOverride()))) {
      events.normal(
          vm,
          EventReason.PowerOverridden,
          next.powerOverride().powerState()
              + " since revert "
              + next.powerOverride().revert()
              + ", until spec.powerState changes");
    }
    warn(vm, before, next, ConditionType.SpaceLow, EventReason.SpaceLow);
    warn(vm, before, next, ConditionType.SnapshotsOld, EventReason.SnapshotsOld);
    Condition ready = Conditions.find(next.conditions(), ConditionType.Ready).orElseThrow();
    String last = Conditions.find(before, ConditionType.Ready).map(Condition::reason).orElse("");
    if (last.equals(ready.reason())) {
      return;
    }
    switch (ConditionReason.valueOf(ready.reason())) {
      case Running -> events.normal(vm, EventReason.PoweredOn, ready.message());
      case Suspended -> events.normal(vm, EventReason.Suspended, ready.message());
      case PoweredOff -> events.normal(vm, EventReason.PoweredOff, ready.message());
      case RunnerExited -> events.warning(vm, EventReason.RunnerExited, ready.message());
      case IOError -> events.warning(vm, EventReason.IOError, ready.message());
      case InvalidSpec -> events.warning(vm, EventReason.InvalidSpec, ready.message());
      default -> {
        // a condition says it; not worth an event
      }
    }
  }

  private void warn(
      VirtualMachine vm,
      List<Condition> before,
      VirtualMachineStatus next,
      ConditionType type,
      EventReason reason) {
    if (!Conditions.isTrue(before, type) && Conditions.isTrue(next.conditions(), type)) {
      events.warning(vm, reason, Conditions.find(next.conditions(), type).orElseThrow().message());
    }
  }

  private void tell(VirtualMachine vm, OperationKind kind, JobStep job) {
    switch (job) {
      case JobStep.Start start ->
          events.normal(vm, EventReason.OperationStarted, "Created job " + start.attempt().job());
      case JobStep.Done done when kind == OperationKind.Consolidate ->
          events.normal(
              vm,
              EventReason.Consolidated,
              done.outcome().delete().freedBytes() + " bytes are free again");
      case JobStep.Fail fail ->
          events.warning(
              vm, EventReason.OperationFailed, kind + ": " + fail.reason() + ": " + fail.message());
      case JobStep.Done done -> {}
      case JobStep.Retry retry -> {}
      case JobStep.Await await -> {}
      case JobStep.Watch watch -> {}
    }
  }
}
