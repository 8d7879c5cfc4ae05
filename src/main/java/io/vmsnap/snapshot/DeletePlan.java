package io.vmsnap.snapshot;

import io.vmsnap.snapshot.CreatePlan.NewFile;
import io.vmsnap.snapshot.RevertPlan.Abandoned;
import java.util.List;

/**
 * How snapshots leave the history; kept in the journal. What their disks hold for others is merged
 * afterwards, each disk by its own {@link MergePlan}.
 *
 * @param requestId the request it serves
 * @param uids of the snapshots that go
 * @param history {@code .vmsd} without them
 * @param discarded disks that nothing reaches any more, and the snapshots' states; in the order in
 *     which they go
 */
public record DeletePlan(
    String requestId, List<Long> uids, NewFile history, List<Abandoned> discarded) {
  static final String OPERATION = "delete";

  long discardedBytes() {
    return discarded.stream().mapToLong(Abandoned::bytes).sum();
  }
}
