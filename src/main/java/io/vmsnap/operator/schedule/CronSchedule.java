package io.vmsnap.operator.schedule;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The times of a cron expression in a time zone. The expression has the five fields of crontab(5),
 * with its rule for days: where both the day of the month and the day of the week are restricted,
 * either will do.
 *
 * <p>When clocks are put forward, a time of day that does not exist is served at the moment of the
 * change; when they are put back, one that comes twice is served at first. Expressions whose hour
 * is a star go by the time that passes: they are served in both hours, and miss nothing.
 */
public final class CronSchedule {
  /** The longest wait between two leap days, over a century that has none, and a bit. */
  private static final int HORIZON_DAYS = 9 * 366;

  private static final List<String> MONTHS =
      List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
  private static final List<String> WEEKDAYS =
      List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");
  private static final Map<String, String> MACROS =
      Map.of(
          "@yearly", "0 0 1 1 *",
          "@annually", "0 0 1 1 *",
          "@monthly", "0 0 1 * *",
          "@weekly", "0 0 * * 0",
          "@daily", "0 0 * * *",
          "@midnight", "0 0 * * *",
          "@hourly", "0 * * * *");

  private final CronField minutes;
  private final CronField hours;
  private final CronField days;
  private final CronField months;
  private final CronField weekdays;
  private final ZoneId zone;

  private CronSchedule(String[] fields, ZoneId zone) {
    this.minutes = CronField.parse("minute", fields[0], 0, 59, List.of());
    this.hours = CronField.parse("hour", fields[1], 0, 23, List.of());
    this.days = CronField.parse("day of month", fields[2], 1, 31, List.of());
    this.months = CronField.parse("month", fields[3], 1, 12, MONTHS);
    this.weekdays = CronField.parse("day of week", fields[4], 0, 7, WEEKDAYS);
    if (weekdays.admits(7)) {
      // Sunday has two numbers
      weekdays.values().set(0);
    }
    this.zone = zone;
  }

  /**
   * @throws IllegalArgumentException if the expression is none; the message says what is wrong
   */
  public static CronSchedule parse(String expression, ZoneId zone) {
    String text = MACROS.getOrDefault(expression.strip(), expression.strip());
    if (text.startsWith("@") || text.contains("TZ=")) {
      throw new IllegalArgumentException(
          "'" + expression + "' is not supported: write five fields, and the zone in timeZone");
    }
    String[] fields = text.split("\\s+");
    if (fields.length != 5) {
      throw new IllegalArgumentException(
          "'"
              + expression
              + "' has "
              + fields.length
              + " fields instead of minute, hour, day of month, month, day of week");
    }
    return new CronSchedule(fields, zone);
  }

  /** The first time after a moment; empty if there is none within nine years. */
  public Optional<Instant> next(Instant after) {
    // from the day before: where clocks are put back over midnight, it may not have ended
    LocalDate start = LocalDate.ofInstant(after, zone).minusDays(1);
    for (int day = 0; day <= HORIZON_DAYS; day++) {
      Instant found = times(start.plusDays(day)).higher(after);
      if (found != null) {
        return Optional.of(found);
      }
    }
    return Optional.empty();
  }

  /** The last time that is not after a moment; empty if there is none within nine years. */
  public Optional<Instant> last(Instant until) {
    LocalDate start = LocalDate.ofInstant(until, zone).plusDays(1);
    for (int day = 0; day <= HORIZON_DAYS; day++) {
      Instant found = times(start.minusDays(day)).floor(until);
      if (found != null) {
        return Optional.of(found);
      }
    }
    return Optional.empty();
  }

  private TreeSet<Instant> times(LocalDate date) {
    TreeSet<Instant> times = new TreeSet<>();
    if (!admits(date)) {
      return times;
    }
    hours.values().stream()
        .forEach(
            hour ->
                minutes.values().stream().forEach(minute -> add(times, date.atTime(hour, minute))));
    return times;
  }

  private boolean admits(LocalDate date) {
    if (!months.admits(date.getMonthValue())) {
      return false;
    }
    boolean day = days.admits(date.getDayOfMonth());
    boolean weekday = weekdays.admits(date.getDayOfWeek().getValue() % 7);
    return days.any() || weekdays.any() ? day && weekday : day || weekday;
  }

  private void add(TreeSet<Instant> times, LocalDateTime local) {
    List<ZoneOffset> offsets = zone.getRules().getValidOffsets(local);
    if (offsets.isEmpty()) {
      ZoneOffsetTransition gap = zone.getRules().getTransition(local);
      if (!hours.any()) {
        times.add(gap.getInstant());
      }
      return;
    }
    times.add(local.toInstant(offsets.getFirst()));
    if (hours.any()) {
      times.add(local.toInstant(offsets.getLast()));
    }
  }
}
