package io.vmsnap.operator.reconciler.vmsnapshot;

import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Whose turn it is among the operations on one machine. There is no list of waiting operations to
 * lose or repair: the order follows from what is observed. Creation times have whole seconds, so
 * names break ties. An operation that is found late, but would have been earlier, waits for one
 * that has begun; the lock on the directory holds even where two informers disagree for a moment.
 */
final class OperationQueue {
  private static final Comparator<VMSnapshot> ORDER =
      Comparator.comparing((VMSnapshot s) -> s.getMetadata().getCreationTimestamp())
          .thenComparing(s -> s.getMetadata().getName());

  private OperationQueue() {}

  /**
   * The operation that must end before this one begins; empty if it is this one's turn.
   *
   * @param others the snapshots of the same machine; whether this one is among them does not matter
   */
  static Optional<VMSnapshot> before(VMSnapshot self, List<VMSnapshot> others) {
    List<VMSnapshot> waiting =
        others.stream()
            .filter(other -> !isSame(self, other))
            .filter(OperationQueue::isOpen)
            .toList();
    return waiting.stream()
        .filter(OperationQueue::hasBegun)
        .min(ORDER)
        .or(
            () ->
                waiting.stream()
                    .filter(other -> mayBegin(other) && ORDER.compare(other, self) < 0)
                    .min(ORDER));
  }

  private static boolean isSame(VMSnapshot self, VMSnapshot other) {
    return self.getMetadata().getUid().equals(other.getMetadata().getUid());
  }

  private static boolean isOpen(VMSnapshot snapshot) {
    return snapshot.getStatus() == null
        || snapshot.getStatus().phase() == null
        || !snapshot.getStatus().phase().isFinal();
  }

  private static boolean hasBegun(VMSnapshot snapshot) {
    return snapshot.getStatus() != null
        && snapshot.getStatus().phase() == VMSnapshotStatus.Phase.Creating;
  }

  /** One that waits for a person, or goes, holds up nobody. */
  private static boolean mayBegin(VMSnapshot snapshot) {
    return snapshot.getMetadata().getDeletionTimestamp() == null
        && VMSnapshotRules.check(snapshot).isEmpty();
  }
}
