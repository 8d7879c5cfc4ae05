package io.vmsnap.operator.reconciler.vmsnapshot;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.operation.JobObservation;
import io.vmsnap.operator.operation.Operation;
import io.vmsnap.operator.status.Violation;
import java.util.List;
import java.util.Optional;

/**
 * All that a decision about a snapshot rests on.
 *
 * @param violations rules that the spec breaks
 * @param vm the machine that the spec names
 * @param siblings the snapshots of the same machine
 * @param operations the open operations on the same machine
 * @param job the job of the last try
 * @param outcome what that job says
 */
record SnapshotObservation(
    List<Violation> violations,
    Optional<VirtualMachine> vm,
    List<VMSnapshot> siblings,
    List<Operation> operations,
    Optional<Job> job,
    JobObservation outcome) {

  /** The machine's list of its directory; never tells of a snapshot taken a moment ago. */
  DirectoryTree tree() {
    return DirectoryTree.of(vm.map(VirtualMachine::getStatus).orElse(null));
  }
}
