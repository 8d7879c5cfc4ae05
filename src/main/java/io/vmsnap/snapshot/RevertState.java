package io.vmsnap.snapshot;

import io.vmsnap.snapshot.RevertPlan.Abandoned;
import io.vmsnap.vmdir.RevertLedger;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmxFile;
import java.util.List;

/**
 * What the planner of a revert knows; it reads nothing itself.
 *
 * @param target the snapshot to return to
 * @param configuration the {@code .vmx} as it was at that snapshot
 * @param abandoned layers that only the running state uses, and its suspended memory
 */
record RevertState(
    DirectoryState directory,
    SnapshotEntry target,
    VmxFile configuration,
    List<Abandoned> abandoned,
    RevertLedger ledger) {
  long abandonedBytes() {
    return abandoned.stream().mapToLong(Abandoned::bytes).sum();
  }
}
