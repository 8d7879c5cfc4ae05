package io.vmsnap.operator.reconciler.virtualmachine;

import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How often a status is written for the directory's sizes alone, which a guest that writes changes
 * at every look. Whatever else changes is written at once, and the sizes with it.
 */
final class SizePace {
  private static final int LOOKS = 5;

  private final Duration pause;

  /** By the machine's UID; only of the last pause, so that nobody has to forget them. */
  private final Map<String, Instant> written = new ConcurrentHashMap<>();

  /**
   * @param pollInterval between two looks at the sizes
   */
  SizePace(Duration pollInterval) {
    pause = pollInterval.multipliedBy(LOOKS);
  }

  /** The time until the next status may be written; zero if that is now. */
  Duration rest(String uid, VirtualMachineStatus before, VirtualMachineStatus next, Instant now) {
    Instant last = written.get(uid);
    if (last == null || before == null || !next.withoutSizes().equals(before.withoutSizes())) {
      return Duration.ZERO;
    }
    Instant due = last.plus(pause);
    return now.isBefore(due) ? Duration.between(now, due) : Duration.ZERO;
  }

  void written(String uid, Instant now) {
    written.values().removeIf(last -> !now.isBefore(last.plus(pause)));
    written.put(uid, now);
  }
}
