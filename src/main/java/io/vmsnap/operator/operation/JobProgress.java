package io.vmsnap.operator.operation;

import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.Progress;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.operator.dependent.Tasks;
import java.util.Optional;

/** How far a job is: the runner reads what the job writes, and the machine's status repeats it. */
public final class JobProgress {
  private JobProgress() {}

  /** Null if nobody tells, as while the machine is powered off. */
  public static Progress of(Optional<VirtualMachine> vm, String owner, Attempt attempt) {
    VirtualMachineStatus.Operation operation =
        vm.map(VirtualMachine::getStatus).map(VirtualMachineStatus::operation).orElse(null);
    return operation != null
            && attempt != null
            && Tasks.requestId(attempt.operation(), owner).equals(operation.requestId())
        ? new Progress(operation.step(), operation.percent())
        : null;
  }
}
