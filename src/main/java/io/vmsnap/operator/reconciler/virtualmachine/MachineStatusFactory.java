package io.vmsnap.operator.reconciler.virtualmachine;

import io.fabric8.kubernetes.api.model.Pod;
import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.BinarySize;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.AcceptedDisk;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.DirectoryStatus;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.Operation;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.Restarts;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.RevertReference;
import io.vmsnap.operator.dependent.DirectoryClaim;
import io.vmsnap.operator.dependent.PodState;
import io.vmsnap.operator.operation.JobStep;
import io.vmsnap.operator.operation.MachineRequest;
import io.vmsnap.operator.polling.RunnerAnswer;
import io.vmsnap.task.RunnerStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** The status that follows from an observation and the step decided on it. */
final class MachineStatusFactory {
  /**
   * The time in which every answer of a runner is replaced by a newer one, many times over: one
   * that does not know of a revert after it speaks of a volume restored from before that revert.
   */
  private static final Duration NEWS = Duration.ofMinutes(2);

  private MachineStatusFactory() {}

  /**
   * @param specHash hash of what a machine started now would be made from
   */
  static VirtualMachineStatus create(
      VirtualMachine vm, MachineObservation seen, MachineStep step, String specHash, Instant now) {
    VirtualMachineStatus before = vm.getStatus();
    Pod pod =
        seen.pod()
            .filter(p -> PodState.isControlledBy(p, vm) && !PodState.hasEnded(p))
            .orElse(null);
    RunnerStatus runner =
        seen.answer()
            .filter(RunnerAnswer.Told.class::isInstance)
            .map(answer -> ((RunnerAnswer.Told) answer).status())
            .filter(status -> pod != null)
            .orElse(null);
    PowerIntent power = PowerIntent.of(vm, seen.reverts());
    SnapshotTreeView tree =
        SnapshotTreeView.of(
            before,
            isOlderThan(power.lastRevert(), runner, now) ? null : runner,
            seen.snapshots(),
            power.unseen());
    boolean accepted = !(step instanceof MachineStep.Refuse);
    return new VirtualMachineStatus(
        vm.getMetadata().getGeneration(),
        MachineConditions.of(vm, seen, step, pod, runner, tree.entries(), specHash, now),
        powerState(before, pod, runner, suspendTime(before, step, power, now)),
        pod == null ? null : pod.getMetadata().getName(),
        pod == null ? null : pod.getSpec().getNodeName(),
        pod == null || pod.getStatus() == null ? null : pod.getStatus().getPodIP(),
        runner == null ? null : runner.accelerator(),
        runner == null ? null : runner.qemuVersion(),
        directory(vm, seen, runner, accepted),
        disks(vm, accepted),
        tree.current(),
        tree.roots(),
        tree.unmanaged(),
        tree.entries(),
        tree.lastUid(),
        power.lastRevert(),
        power.override(),
        operation(runner),
        suspendTime(before, step, power, now),
        consolidated(vm, step),
        attempt(before, step),
        restarts(before, step));
  }

  /**
   * Whether what the runner said of its snapshots may be of before a revert. It may never say more:
   * the revert may have powered the machine off.
   */
  private static boolean isOlderThan(RevertReference revert, RunnerStatus runner, Instant now) {
    return runner != null
        && revert != null
        && !revert.uid().equals(runner.lastRevertId())
        && now.isBefore(Instant.parse(revert.completionTime()).plus(NEWS));
  }

  private static PowerState powerState(
      VirtualMachineStatus before, Pod pod, RunnerStatus runner, String suspendTime) {
    if (pod == null) {
      return suspendTime == null ? PowerState.PoweredOff : PowerState.Suspended;
    }
    if (runner == null) {
      return before == null || before.powerState() == null
          ? PowerState.PoweredOff
          : before.powerState();
    }
    return PowerState.PoweredOn.name().equals(runner.powerState())
        ? PowerState.PoweredOn
        : PowerState.PoweredOff;
  }

  /** The claim counts as accepted once it was seen; figures stay when the runner is gone. */
  private static DirectoryStatus directory(
      VirtualMachine vm, MachineObservation seen, RunnerStatus runner, boolean accepted) {
    DirectoryStatus before = vm.getStatus() == null ? null : vm.getStatus().directory();
    if (!accepted || seen.claim().isEmpty()) {
      return before;
    }
    String claim = DirectoryClaim.nameOf(vm);
    String path = vm.getSpec().directory().path();
    RunnerStatus.Directory figures = runner == null ? null : runner.directory();
    if (figures == null) {
      return before == null
          ? new DirectoryStatus(claim, path, null, null, null, null, null)
          : new DirectoryStatus(
              claim,
              path,
              before.capacity(),
              before.free(),
              before.base(),
              before.deltas(),
              before.memory());
    }
    return new DirectoryStatus(
        claim,
        path,
        BinarySize.round(figures.capacityBytes()),
        BinarySize.round(figures.freeBytes()),
        BinarySize.round(figures.baseBytes()),
        BinarySize.round(figures.deltaBytes()),
        BinarySize.round(figures.memoryBytes()),
        figures.deltaBytesPerHour() == null ? null : BinarySize.round(figures.deltaBytesPerHour()),
        TimeUntilFull.of(figures).map(TimeUntilFull::text).orElse(null));
  }

  private static List<AcceptedDisk> disks(VirtualMachine vm, boolean accepted) {
    if (accepted) {
      return AcceptedLayout.disksOf(vm.getSpec());
    }
    return vm.getStatus() == null ? List.of() : vm.getStatus().disks();
  }

  private static Operation operation(RunnerStatus runner) {
    RunnerStatus.Operation running = runner == null ? null : runner.operation();
    return running == null
        ? null
        : new Operation(
            running.requestId(),
            running.kind(),
            running.step(),
            running.percent(),
            running.startTime() == null ? null : running.startTime().toString());
  }

  /** Gone when the machine goes on from its saved memory, or from another state. */
  private static String suspendTime(
      VirtualMachineStatus before, MachineStep step, PowerIntent power, Instant now) {
    return switch (step) {
      case MachineStep.Work(OperationKind kind, JobStep.Done done, MachineStep beside)
          when kind == OperationKind.Suspend ->
          now.truncatedTo(ChronoUnit.SECONDS).toString();
      case MachineStep.StartPod start -> null;
      default -> before == null || power.unseen() != null ? null : before.suspendTime();
    };
  }

  private static String consolidated(VirtualMachine vm, MachineStep step) {
    VirtualMachineStatus before = vm.getStatus();
    return switch (step) {
      case MachineStep.Work(OperationKind kind, JobStep job, MachineStep beside)
          when kind == OperationKind.Consolidate
              && (job instanceof JobStep.Done || job instanceof JobStep.Fail) ->
          MachineRequest.tokenOf(vm, before.attempt()).orElse(before.consolidated());
      default -> before == null ? null : before.consolidated();
    };
  }

  private static Attempt attempt(VirtualMachineStatus before, MachineStep step) {
    return switch (step) {
      case MachineStep.Begin begin -> begin.attempt();
      case MachineStep.Work(OperationKind kind, JobStep.Retry retry, MachineStep beside) ->
          retry.next();
      case MachineStep.Work(OperationKind kind, JobStep.Done done, MachineStep beside) ->
          before.attempt().end();
      case MachineStep.Work(OperationKind kind, JobStep.Fail fail, MachineStep beside) ->
          before.attempt().end();
      default -> before == null ? null : before.attempt();
    };
  }

  private static Restarts restarts(VirtualMachineStatus before, MachineStep step) {
    return step instanceof MachineStep.CountExit exit
        ? exit.restarts()
        : step instanceof MachineStep.Rest || before == null ? null : before.restarts();
  }
}
