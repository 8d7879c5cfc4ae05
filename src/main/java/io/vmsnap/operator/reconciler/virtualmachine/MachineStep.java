package io.vmsnap.operator.reconciler.virtualmachine;

import io.fabric8.kubernetes.api.model.Pod;
import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.Restarts;
import io.vmsnap.operator.operation.JobStep;
import io.vmsnap.operator.status.Violation;
import java.time.Instant;
import java.util.List;

/**
 * What to do about a machine next. Each step is one act at most, and doing it twice is harmless.
 */
sealed interface MachineStep {
  /** The spec breaks rules: touch nothing; a pod that runs goes on as it is. */
  record Refuse(List<Violation> violations) implements MachineStep {}

  /** Make the claim, or let it grow. */
  record ApplyClaim() implements MachineStep {}

  /** Nothing can be done until something outside changes. */
  record Hold(ConditionReason reason, String message, boolean needsAPerson)
      implements MachineStep {}

  /** Create the runner's pod. */
  record StartPod() implements MachineStep {}

  /** The runner ended by itself; wait before the next one. */
  record AwaitRestart(Instant notBefore) implements MachineStep {}

  /** Note in the status that the runner ended by itself, before its pod goes. */
  record CountExit(Restarts restarts) implements MachineStep {}

  /** Delete the ended pod, so that its name is free for the next. */
  record RemoveEndedPod(Pod pod) implements MachineStep {}

  /** Delete the running pod: the guest shuts down. */
  record StopPod(Pod pod) implements MachineStep {}

  /** The pod is being deleted. */
  record AwaitStop(Pod pod) implements MachineStep {}

  /** A pod is there, and should be. */
  record Watch(Pod pod) implements MachineStep {}

  /** Record the first try of an operation of the machine's own, before its job exists. */
  record Begin(Attempt attempt, MachineStep beside) implements MachineStep {}

  /**
   * An operation of the machine's own whose attempt is recorded.
   *
   * @param beside what the machine does meanwhile: Watch or Rest
   */
  record Work(OperationKind kind, JobStep job, MachineStep beside) implements MachineStep {}

  /** No pod is there, and none should be. */
  record Rest() implements MachineStep {}
}
