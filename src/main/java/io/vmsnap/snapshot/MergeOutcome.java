package io.vmsnap.snapshot;

import java.time.Duration;

/**
 * What merging did.
 *
 * @param mergedBytes that were copied or shared
 * @param freedBytes space won on the volume
 * @param stall longest time for which a running guest's requests waited, or it did not run; zero if
 *     it was off
 */
record MergeOutcome(long mergedBytes, long freedBytes, Duration stall) {
  static final MergeOutcome NOTHING = new MergeOutcome(0, 0, Duration.ZERO);

  MergeOutcome and(MergeOutcome next) {
    return new MergeOutcome(
        mergedBytes + next.mergedBytes,
        freedBytes + next.freedBytes,
        stall.compareTo(next.stall) > 0 ? stall : next.stall);
  }
}
