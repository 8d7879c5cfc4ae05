package io.vmsnap.operator.reconciler.virtualmachine;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.operator.operation.JobObservation;
import io.vmsnap.operator.polling.RunnerAnswer;
import io.vmsnap.operator.status.Violation;
import java.util.List;
import java.util.Optional;

/**
 * All that a decision about a machine rests on.
 *
 * @param violations rules that the spec breaks
 * @param claim the claim that the spec names or that is made for it
 * @param pod the pod of the runner's name, whoever made it
 * @param answer what the runner said last; empty while no pod runs or none was asked yet
 * @param snapshots the VMSnapshots that name this machine
 * @param reverts the VMSnapshotReverts that name it
 * @param outcome what the machine's own job says
 */
record MachineObservation(
    List<Violation> violations,
    Optional<PersistentVolumeClaim> claim,
    Optional<Pod> pod,
    Optional<RunnerAnswer> answer,
    List<VMSnapshot> snapshots,
    List<VMSnapshotRevert> reverts,
    JobObservation outcome) {}
