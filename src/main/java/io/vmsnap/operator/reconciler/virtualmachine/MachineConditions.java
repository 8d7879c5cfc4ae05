package io.vmsnap.operator.reconciler.virtualmachine;

import static io.vmsnap.operator.status.Conditions.Truth.False;
import static io.vmsnap.operator.status.Conditions.Truth.True;
import static io.vmsnap.operator.status.Conditions.Truth.Unknown;

import io.fabric8.kubernetes.api.model.Pod;
import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.PowerOverride;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.Restarts;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.SnapshotEntry;
import io.vmsnap.operator.dependent.PodState;
import io.vmsnap.operator.operation.JobStep;
import io.vmsnap.operator.operation.MachineReadiness;
import io.vmsnap.operator.operation.MachineRequest;
import io.vmsnap.operator.polling.RunnerAnswer;
import io.vmsnap.operator.status.Conditions;
import io.vmsnap.operator.status.Conditions.Truth;
import io.vmsnap.operator.status.Reasons;
import io.vmsnap.operator.status.Violation;
import io.vmsnap.task.RunnerStatus;
import java.time.Instant;
import java.util.List;

/** A machine's conditions. Each step gives a summary; Ready, Reconciling and Stalled follow. */
final class MachineConditions {
  private MachineConditions() {}

  /**
   * @param state where the machine stands
   * @param reason and {@code message} are those of all three kstatus conditions
   */
  private record Summary(State state, ConditionReason reason, String message) {}

  private enum State {
    /** As asked. */
    READY,
    /** On its way. */
    MOVING,
    /** Waits for a person. */
    STUCK
  }

  static List<Condition> of(
      VirtualMachine vm,
      MachineObservation seen,
      MachineStep step,
      Pod pod,
      RunnerStatus runner,
      List<SnapshotEntry> snapshots,
      String specHash,
      Instant now) {
    VirtualMachineStatus before = vm.getStatus();
    Conditions next =
        new Conditions(
            before == null ? null : before.conditions(), vm.getMetadata().getGeneration(), now);
    Summary summary = summary(vm, seen, step);
    boolean moving = summary.state() == State.MOVING;
    boolean stuck = summary.state() == State.STUCK;
    next.add(
        ConditionType.Ready,
        Truth.of(summary.state() == State.READY),
        summary.reason(),
        summary.message());
    next.add(
        ConditionType.Reconciling,
        Truth.of(moving),
        moving ? summary.reason() : ConditionReason.Idle,
        moving ? summary.message() : Conditions.NOTHING_UNDER_WAY);
    next.add(
        ConditionType.Stalled,
        Truth.of(stuck),
        stuck ? summary.reason() : ConditionReason.Idle,
        stuck ? summary.message() : Conditions.NOTHING_STUCK);
    running(next, pod, runner, seen);
    agent(next, vm, runner);
    restart(next, pod, specHash);
    consolidation(next, runner);
    CapacityConditions.add(next, vm, runner, snapshots, now);
    return next.list();
  }

  private static Summary summary(VirtualMachine vm, MachineObservation seen, MachineStep step) {
    return switch (step) {
      case MachineStep.Refuse refuse ->
          stuck(ConditionReason.InvalidSpec, Violation.list(refuse.violations()));
      case MachineStep.Hold hold ->
          hold.needsAPerson()
              ? stuck(hold.reason(), hold.message())
              : moving(hold.reason(), hold.message());
      case MachineStep.ApplyClaim apply ->
          moving(ConditionReason.WaitingForClaim, "The claim of the directory is being made");
      case MachineStep.StartPod start ->
          moving(ConditionReason.WaitingForPod, "The runner's pod is being created");
      case MachineStep.CountExit exit -> exited(exit.restarts(), "A new runner is started");
      case MachineStep.RemoveEndedPod remove ->
          exited(vm.getStatus().restarts(), "A new runner is started");
      case MachineStep.AwaitRestart wait ->
          exited(vm.getStatus().restarts(), "The next one is started at " + wait.notBefore());
      case MachineStep.StopPod stop ->
          moving(ConditionReason.ShuttingDown, "The guest is asked to shut down");
      case MachineStep.AwaitStop wait ->
          moving(ConditionReason.ShuttingDown, "The guest shuts down");
      case MachineStep.Begin begin ->
          begin.attempt().operation() == OperationKind.Suspend
              ? suspending()
              : summary(vm, seen, begin.beside());
      case MachineStep.Work(OperationKind kind, JobStep job, MachineStep beside)
          when kind == OperationKind.Suspend ->
          job instanceof JobStep.Fail fail
              ? stuck(fail.reason(), "The machine cannot be suspended: " + fail.message())
              : suspending();
      case MachineStep.Work work -> summary(vm, seen, work.beside());
      case MachineStep.Rest rest -> off(vm, seen);
      case MachineStep.Watch watch when suspensionFailed(vm) -> kept(vm);
      case MachineStep.Watch watch -> watched(vm, watch.pod(), seen);
    };
  }

  /** Whether a machine that is to be suspended goes on because its job has failed for good. */
  private static boolean suspensionFailed(VirtualMachine vm) {
    Attempt attempt = vm.getStatus() == null ? null : vm.getStatus().attempt();
    return vm.getSpec().powerState() == PowerState.Suspended
        && MachineReadiness.isOn(vm)
        && attempt != null
        && attempt.operation() == OperationKind.Suspend
        && !attempt.isOpen(OperationKind.Suspend)
        && vm.getStatus().suspendTime() == null
        && MachineRequest.open(vm).isEmpty()
        && Conditions.isTrue(vm.getStatus().conditions(), ConditionType.Stalled);
  }

  private static Summary kept(VirtualMachine vm) {
    Condition stalled =
        Conditions.find(vm.getStatus().conditions(), ConditionType.Stalled).orElseThrow();
    return stuck(Reasons.of(stalled.reason(), ConditionReason.JobFailed), stalled.message());
  }

  private static Summary suspending() {
    return moving(ConditionReason.Suspending, "The machine's memory is being saved");
  }

  private static Summary off(VirtualMachine vm, MachineObservation seen) {
    if (vm.getStatus() != null && vm.getStatus().suspendTime() != null) {
      return new Summary(
          State.READY,
          ConditionReason.Suspended,
          "The machine is suspended; spec.powerState PoweredOn lets it go on");
    }
    return new Summary(
        State.READY,
        ConditionReason.PoweredOff,
        vm.getSpec().powerState() == PowerState.Suspended
            ? "The machine was off already: there is nothing to suspend"
            : poweredOff(vm, seen));
  }

  private static String poweredOff(VirtualMachine vm, MachineObservation seen) {
    PowerOverride override = PowerIntent.of(vm, seen.reverts()).override();
    return override == null
        ? "The machine is powered off"
        : "The machine is powered off since revert "
            + override.revert()
            + "; to power it on, set spec.powerState to PoweredOff and then to PoweredOn";
  }

  private static Summary watched(VirtualMachine vm, Pod pod, MachineObservation seen) {
    if (!PodState.isRunning(pod)) {
      return moving(ConditionReason.WaitingForPod, PodState.waitingFor(pod));
    }
    return switch (seen.answer().orElse(null)) {
      case RunnerAnswer.Told told -> told(told.status());
      case RunnerAnswer.Silent silent when wasRunning(vm) ->
          moving(ConditionReason.RunnerUnreachable, silent.why());
      case RunnerAnswer.Silent silent -> starting();
      case null ->
          wasRunning(vm) ? moving(ConditionReason.Starting, "Asking the runner") : starting();
    };
  }

  private static Summary told(RunnerStatus runner) {
    if (runner.problem() != null) {
      return stuck(
          ConditionReason.RunnerProblem,
          runner.problem().reason() + ": " + runner.problem().message());
    }
    return switch (String.valueOf(runner.runState())) {
      case "Running" -> new Summary(State.READY, ConditionReason.Running, "The guest runs");
      case "IoError" -> stuck(ConditionReason.IOError, ioError());
      case "Paused" -> moving(ConditionReason.Paused, "The guest is paused");
      case "ShuttingDown", "Stopped" ->
          moving(ConditionReason.ShuttingDown, "The guest shuts down");
      default -> starting();
    };
  }

  private static Summary starting() {
    return moving(
        ConditionReason.Starting, "The runner prepares the directory and starts the machine");
  }

  private static String ioError() {
    return "The guest stands still because a write failed, as on a full volume: make space, and it"
        + " goes on";
  }

  private static Summary exited(Restarts restarts, String next) {
    String message = "The runner ended by itself: " + restarts.lastExitMessage() + ". " + next;
    return Boolean.TRUE.equals(restarts.lastExitFinal())
        ? stuck(ConditionReason.RunnerExited, message)
        : moving(ConditionReason.RunnerExited, message);
  }

  private static void running(
      Conditions next, Pod pod, RunnerStatus runner, MachineObservation seen) {
    if (pod == null) {
      next.add(ConditionType.Running, False, ConditionReason.PoweredOff, "No pod runs");
    } else if (runner == null) {
      boolean silent = seen.answer().isPresent();
      next.add(
          ConditionType.Running,
          silent ? Unknown : False,
          silent ? ConditionReason.RunnerUnreachable : ConditionReason.Starting,
          silent ? "The runner does not answer" : "The runner was not asked yet");
    } else {
      Summary summary = told(runner);
      boolean runs = "Running".equals(runner.runState());
      next.add(
          ConditionType.Running,
          Truth.of(runs),
          runs ? ConditionReason.Running : summary.reason(),
          runs ? "The guest runs" : summary.message());
    }
  }

  private static void agent(Conditions next, VirtualMachine vm, RunnerStatus runner) {
    boolean offered = vm.getSpec() != null && vm.getSpec().guestAgent();
    if (!offered) {
      next.add(
          ConditionType.GuestAgentConnected,
          False,
          ConditionReason.AgentDisabled,
          "spec.guestAgent is false");
    } else if (runner != null && runner.guestAgentConnected()) {
      next.add(
          ConditionType.GuestAgentConnected,
          True,
          ConditionReason.AgentConnected,
          "The guest agent answers");
    } else {
      next.add(
          ConditionType.GuestAgentConnected,
          False,
          ConditionReason.AgentNotConnected,
          "No guest agent answers");
    }
  }

  private static void consolidation(Conditions next, RunnerStatus runner) {
    if (runner == null
        || runner.directory() == null
        || runner.directory().pendingMerges() == null) {
      return;
    }
    List<String> pending = runner.directory().pendingMerges();
    next.add(
        ConditionType.ConsolidationNeeded,
        Truth.of(!pending.isEmpty()),
        pending.isEmpty() ? ConditionReason.Consolidated : ConditionReason.MergePending,
        pending.isEmpty()
            ? "No disk of a deleted snapshot is left"
            : "Still to be merged since a snapshot was deleted: "
                + String.join(", ", pending)
                + "; nothing is lost. The annotation "
                + Annotations.CONSOLIDATE
                + " merges them");
  }

  private static void restart(Conditions next, Pod pod, String specHash) {
    String made = pod == null ? null : annotation(pod);
    boolean differs = made != null && specHash != null && !made.equals(specHash);
    next.add(
        ConditionType.RestartRequired,
        Truth.of(differs),
        differs ? ConditionReason.SpecChanged : ConditionReason.UpToDate,
        differs
            ? "The spec changed since the machine was started; power it off and on"
            : "No change waits for a restart");
  }

  private static String annotation(Pod pod) {
    return pod.getMetadata().getAnnotations() == null
        ? null
        : pod.getMetadata().getAnnotations().get(Annotations.SPEC_HASH);
  }

  private static boolean wasRunning(VirtualMachine vm) {
    return vm.getStatus() != null
        && Conditions.find(vm.getStatus().conditions(), ConditionType.Running)
            .filter(condition -> !condition.status().equals(False.name()))
            .isPresent();
  }

  private static Summary moving(ConditionReason reason, String message) {
    return new Summary(State.MOVING, reason, message);
  }

  private static Summary stuck(ConditionReason reason, String message) {
    return new Summary(State.STUCK, reason, message);
  }
}
