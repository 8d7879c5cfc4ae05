package io.vmsnap.operator.reconciler.virtualmachine;

import io.vmsnap.task.RunnerStatus;
import java.time.Duration;
import java.util.Optional;

/** How long the free space of a volume lasts if the deltas go on to grow as they did lately. */
record TimeUntilFull(Duration time) {
  /** Beyond it nobody knows. */
  private static final Duration MAX = Duration.ofDays(365);

  /** Empty where the growth is not known, or the volume lasts for more than a year. */
  static Optional<TimeUntilFull> of(RunnerStatus.Directory figures) {
    Long growth = figures == null ? null : figures.deltaBytesPerHour();
    if (growth == null || growth <= 0) {
      return Optional.empty();
    }
    double hours = (double) Math.max(0, figures.freeBytes()) / growth;
    return hours > MAX.toHours()
        ? Optional.empty()
        : Optional.of(new TimeUntilFull(Duration.ofMinutes(Math.round(hours * 60))));
  }

  boolean isWithin(Duration limit) {
    return time.compareTo(limit) <= 0;
  }

  /** Coarse, so that a status does not change at every look: hours up to two days, then days. */
  String text() {
    if (time.toHours() < 1) {
      return "<1h";
    }
    return time.toHours() < 48 ? time.toHours() + "h" : time.toDays() + "d";
  }
}
