package io.vmsnap.snapshot;

import io.vmsnap.task.SnapshotResult.QuiesceResult;
import java.time.Duration;

/**
 * What only the attempt that took the snapshot can tell.
 *
 * @param stun null if the machine was off
 * @param quiesce null if nobody wanted it
 * @param freezeMillis time for which the guest was frozen; null if it was not
 */
record Taken(Duration stun, QuiesceResult quiesce, Double freezeMillis) {
  /** By an earlier attempt. */
  static final Taken BEFORE = new Taken(null, null, null);
}
