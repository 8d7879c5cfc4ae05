package io.vmsnap.operator.reconciler.vmsnapshot;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.status.Violation;
import java.util.List;
import java.util.Optional;

/**
 * All that a decision about a snapshot rests on.
 *
 * @param violations rules that the spec breaks
 * @param vm the machine that the spec names
 * @param siblings the snapshots of the same machine
 * @param job the job of the try under way
 * @param outcome what that job says
 */
record SnapshotObservation(
    List<Violation> violations,
    Optional<VirtualMachine> vm,
    List<VMSnapshot> siblings,
    Optional<Job> job,
    JobObservation outcome) {}
