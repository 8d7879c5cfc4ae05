package io.vmsnap.operator.schedule;

import io.vmsnap.api.v1alpha1.VMSnapshotScheduleSpec;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.temporal.IsoFields;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Which snapshots stay. Each rule goes from the newest back and keeps the newest of each period
 * that has any, until it has kept as many as it may; periods without a snapshot do not count, so a
 * machine that nobody snapshots for a year loses nothing. What no rule keeps may go.
 */
public final class Retention {
  private final VMSnapshotScheduleSpec.Retention rules;
  private final ZoneId zone;

  /**
   * @param zone in which hours, days and weeks begin
   */
  public Retention(VMSnapshotScheduleSpec.Retention rules, ZoneId zone) {
    this.rules = rules;
    this.zone = zone;
  }

  /**
   * @param found the snapshots of one machine
   * @param time of each
   * @return those that no rule keeps, the oldest first
   */
  public <T> List<T> expired(Collection<T> found, Function<T, Instant> time) {
    if (rules.keepsNothing()) {
      return List.of();
    }
    List<T> newestFirst = found.stream().sorted(Comparator.comparing(time).reversed()).toList();
    Set<T> kept = new HashSet<>();
    keep(kept, newestFirst, rules.last(), snapshot -> snapshot);
    keep(
        kept,
        newestFirst,
        rules.hourly(),
        // in real time: the hour that comes twice in autumn is two
        snapshot -> local(time.apply(snapshot)).truncatedTo(ChronoUnit.HOURS).toInstant());
    keep(kept, newestFirst, rules.daily(), snapshot -> local(time.apply(snapshot)).toLocalDate());
    keep(kept, newestFirst, rules.weekly(), snapshot -> week(local(time.apply(snapshot))));
    return newestFirst.reversed().stream().filter(snapshot -> !kept.contains(snapshot)).toList();
  }

  private static <T> void keep(
      Set<T> kept, List<T> newestFirst, Integer most, Function<T, Object> period) {
    Set<Object> seen = new HashSet<>();
    for (T snapshot : newestFirst) {
      if (most == null || seen.size() == most) {
        return;
      }
      if (seen.add(period.apply(snapshot))) {
        kept.add(snapshot);
      }
    }
  }

  private ZonedDateTime local(Instant time) {
    return time.atZone(zone);
  }

  private static Object week(ZonedDateTime time) {
    return List.of(
        time.get(IsoFields.WEEK_BASED_YEAR), time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
  }
}
