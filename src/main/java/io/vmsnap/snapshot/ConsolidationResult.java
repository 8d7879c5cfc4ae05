package io.vmsnap.snapshot;

import io.vmsnap.task.DeleteResult;
import java.io.IOException;
import java.util.List;

/**
 * Consolidates and tells the result.
 *
 * @param removed uids of snapshots that were removed before
 * @param freed bytes that this won
 */
record ConsolidationResult(OperationContext context, List<Long> removed, long freed) {
  /**
   * @param mayWait whether what cannot be merged now may be left for later: the snapshots are gone
   *     in any case
   */
  DeleteResult of(String requestId, long bytesPerSecond, boolean mayWait)
      throws IOException, RefusedException {
    boolean on = context.connector().isOn();
    Consolidation consolidation = new Consolidation(context, requestId, bytesPerSecond);
    String pending = null;
    try {
      consolidation.run();
    } catch (RefusedException e) {
      boolean later =
          switch (e.reason()) {
            case InsufficientSpace, TimedOut -> true;
            default -> false;
          };
      if (!mayWait || !later) {
        throw e;
      }
      pending = "the disks need consolidation: " + e.getMessage();
    }
    MergeOutcome outcome = consolidation.outcome();
    return new DeleteResult(
        removed,
        outcome.mergedBytes(),
        Math.max(0, freed + outcome.freedBytes()),
        new DeleteResult.Timing(
            on ? outcome.stall().toNanos() / 1e6 : null, context.elapsed().toNanos() / 1e6),
        pending);
  }
}
