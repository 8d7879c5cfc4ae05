package io.vmsnap.operator.reconciler.vmsnapshotschedule;

import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Phase;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.status.Violation;
import java.util.Comparator;
import java.util.List;

/**
 * All that a decision about a schedule rests on.
 *
 * @param violations rules that the spec breaks
 * @param machines those that the selector selects
 * @param snapshots those that carry the schedule's label, of whatever machine
 */
record ScheduleObservation(
    List<Violation> violations, List<VirtualMachine> machines, List<VMSnapshot> snapshots) {

  ScheduleObservation {
    // caches have no order, and an unchanged state must give an unchanged decision
    machines =
        machines.stream()
            .sorted(Comparator.comparing((VirtualMachine vm) -> vm.getMetadata().getName()))
            .toList();
    snapshots =
        snapshots.stream()
            .sorted(Comparator.comparing((VMSnapshot each) -> each.getMetadata().getName()))
            .toList();
  }

  static Phase phase(VMSnapshot snapshot) {
    return snapshot.getStatus() == null || snapshot.getStatus().phase() == null
        ? Phase.Pending
        : snapshot.getStatus().phase();
  }

  static boolean isActive(VMSnapshot snapshot) {
    return !phase(snapshot).isFinal() && snapshot.getMetadata().getDeletionTimestamp() == null;
  }

  static boolean isKept(VMSnapshot snapshot) {
    return phase(snapshot) == Phase.Ready && snapshot.getMetadata().getDeletionTimestamp() == null;
  }
}
