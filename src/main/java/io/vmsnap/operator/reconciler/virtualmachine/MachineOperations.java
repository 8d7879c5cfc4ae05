package io.vmsnap.operator.reconciler.virtualmachine;

import io.fabric8.kubernetes.api.model.Pod;
import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.dependent.OperationJob;
import io.vmsnap.operator.dependent.PodState;
import io.vmsnap.operator.dependent.Tasks;
import io.vmsnap.operator.operation.MachineReadiness;
import io.vmsnap.operator.operation.MachineRequest;
import io.vmsnap.operator.operation.OperationQueue;
import io.vmsnap.operator.operation.Operations;
import io.vmsnap.operator.operation.Tries;
import io.vmsnap.operator.operation.Tries.Ground;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/** The operations that a machine's own resource asks for: to suspend, and to consolidate. */
final class MachineOperations {
  private static final int ATTEMPTS = 5;
  private static final Tries SUSPENSION = new Tries(ATTEMPTS, Duration.ofHours(1));
  private static final Tries CONSOLIDATION = new Tries(ATTEMPTS, Duration.ofHours(24));

  private MachineOperations() {}

  /** Empty if none is asked for, or its turn has not come. */
  static Optional<MachineStep> decide(VirtualMachine vm, MachineObservation seen, Instant now) {
    Attempt attempt = vm.getStatus() == null ? null : vm.getStatus().attempt();
    if (attempt != null && attempt.isOpen(attempt.operation())) {
      return Optional.of(
          new MachineStep.Work(
              attempt.operation(),
              tries(attempt.operation()).decide(attempt, seen.outcome(), new Ground.Firm(), now),
              beside(seen)));
    }
    return MachineRequest.open(vm)
        .filter(request -> mayBegin(vm, seen))
        .map(request -> new MachineStep.Begin(first(vm, request, now), beside(seen)));
  }

  private static boolean mayBegin(VirtualMachine vm, MachineObservation seen) {
    Optional<VirtualMachine> self = Optional.of(vm);
    return MachineReadiness.obstacle(vm.getMetadata().getName(), self).isEmpty()
        && OperationQueue.before(
                Operations.of(vm).orElseThrow(),
                Operations.of(self, seen.snapshots(), seen.reverts()))
            .isEmpty();
  }

  private static Attempt first(VirtualMachine vm, MachineRequest request, Instant now) {
    return Tries.first(
        request.kind(),
        vm.getMetadata().getUid(),
        "-"
            + request.kind().name().toLowerCase(Locale.ROOT).charAt(0)
            + request.hash().substring(0, 8),
        request.hash(),
        now);
  }

  private static MachineStep beside(MachineObservation seen) {
    Optional<Pod> pod = seen.pod().filter(p -> !PodState.hasEnded(p));
    return pod.<MachineStep>map(MachineStep.Watch::new).orElseGet(MachineStep.Rest::new);
  }

  static OperationJob.Request request(VirtualMachine vm, Attempt attempt) {
    Duration remaining = tries(attempt.operation()).remaining(attempt);
    return new OperationJob.Request(
        vm,
        vm,
        attempt,
        attempt.operation() == OperationKind.Suspend
            ? Tasks.suspend(vm, remaining)
            : Tasks.consolidate(vm, remaining),
        remaining);
  }

  private static Tries tries(OperationKind kind) {
    return kind == OperationKind.Suspend ? SUSPENSION : CONSOLIDATION;
  }
}
