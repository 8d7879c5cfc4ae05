package io.vmsnap.operator.reconciler.vmsnapshotrevert;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.operation.JobObservation;
import io.vmsnap.operator.operation.Operation;
import io.vmsnap.operator.status.Violation;
import java.util.List;
import java.util.Optional;

/**
 * All that a decision about a revert rests on.
 *
 * @param violations rules that the spec breaks
 * @param vm the machine that the spec names
 * @param snapshots the snapshots of that machine
 * @param operations the open operations on that machine
 * @param job the job of the last try
 * @param outcome what that job says
 */
record RevertObservation(
    List<Violation> violations,
    Optional<VirtualMachine> vm,
    List<VMSnapshot> snapshots,
    List<Operation> operations,
    Optional<Job> job,
    JobObservation outcome) {

  Optional<VMSnapshot> snapshot(String name) {
    return snapshots.stream()
        .filter(snapshot -> snapshot.getMetadata().getName().equals(name))
        .findFirst();
  }
}
