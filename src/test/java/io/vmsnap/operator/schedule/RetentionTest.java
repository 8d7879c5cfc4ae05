package io.vmsnap.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.api.v1alpha1.VMSnapshotScheduleSpec;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which snapshots stay. */
class RetentionTest {
  @Test
  void lastKeepsTheNewest() {
    assertThat(expired(rules(2, null, null, null), "T01:00", "T03:00", "T02:00", "T04:00"))
        .containsExactly(at("T01:00"), at("T02:00"));
  }

  @Test
  void eachPeriodKeepsItsNewestAndEmptyPeriodsDoNotCount() {
    assertThat(expired(rules(null, 2, null, null), "T01:00", "T01:30", "T05:10", "T09:05"))
        .containsExactly(at("T01:00"), at("T01:30"));
    assertThat(expired(rules(null, 3, null, null), "T01:00", "T01:30", "T05:10", "T09:05"))
        .containsExactly(at("T01:00"));
  }

  @Test
  void rulesAddUp() {
    List<Instant> hourly = hours(10 * 24);

    List<Instant> expired = retention(rules(2, 5, 3, 1), ZoneOffset.UTC, hourly);

    // the newest is 23:00: five hours, of them the last two, and 23:00 of two more days
    assertThat(hourly).hasSize(240);
    assertThat(expired).hasSize(240 - 5 - 2).isSorted();
  }

  @Test
  void weeksBeginOnMondayAndDaysWhereTheZoneHasThem() {
    Instant sunday = Instant.parse("2026-03-01T23:30:00Z");
    Instant monday = Instant.parse("2026-03-02T00:30:00Z");

    assertThat(retention(rules(null, null, 2, null), ZoneOffset.UTC, List.of(sunday, monday)))
        .isEmpty();
    assertThat(retention(rules(null, null, null, 2), ZoneOffset.UTC, List.of(sunday, monday)))
        .isEmpty();
    ZoneId paris = ZoneId.of("Europe/Paris");
    assertThat(retention(rules(null, null, 2, null), paris, List.of(sunday, monday)))
        .containsExactly(sunday);
    assertThat(retention(rules(null, null, null, 2), paris, List.of(sunday, monday)))
        .containsExactly(sunday);
  }

  @Test
  void turnOfTheYearIsOneWeek() {
    Instant thursday = Instant.parse("2026-12-31T12:00:00Z");
    Instant friday = Instant.parse("2027-01-01T12:00:00Z");

    assertThat(retention(rules(null, null, null, 5), ZoneOffset.UTC, List.of(thursday, friday)))
        .containsExactly(thursday);
  }

  @Test
  void nothingExpiresWithoutARule() {
    assertThat(expired(rules(null, null, null, null), "T01:00", "T02:00")).isEmpty();
    assertThat(expired(rules(0, 0, 0, 0), "T01:00", "T02:00")).isEmpty();
  }

  /** Deleting one by one as time passes must come to the same as deleting at the end. */
  @Test
  void snapshotThatExpiredIsNeverWantedLater() {
    Random random = new Random(11);
    for (int round = 0; round < 50; round++) {
      VMSnapshotScheduleSpec.Retention rules =
          rules(random.nextInt(4), random.nextInt(6), random.nextInt(5), 1 + random.nextInt(4));
      List<Instant> all = new ArrayList<>();
      List<Instant> left = new ArrayList<>();
      Instant time = Instant.parse("2026-01-01T00:00:00Z");
      for (int i = 0; i < 120; i++) {
        time = time.plus(random.nextInt(1, 600), ChronoUnit.MINUTES);
        all.add(time);
        left.add(time);
        left.removeAll(retention(rules, ZoneOffset.UTC, left));
      }
      List<Instant> atOnce = new ArrayList<>(all);
      atOnce.removeAll(retention(rules, ZoneOffset.UTC, all));

      assertThat(left).as("seed 11 round %d %s", round, rules).isEqualTo(atOnce);
    }
  }

  private static List<Instant> hours(int count) {
    Instant start = Instant.parse("2026-03-02T00:00:00Z");
    List<Instant> hours = new ArrayList<>();
    for (int hour = 0; hour < count; hour++) {
      hours.add(start.plus(hour, ChronoUnit.HOURS));
    }
    Collections.shuffle(hours, new Random(3));
    return hours;
  }

  private static List<Instant> expired(VMSnapshotScheduleSpec.Retention rules, String... times) {
    return retention(rules, ZoneOffset.UTC, Stream.of(times).map(RetentionTest::at).toList());
  }

  private static List<Instant> retention(
      VMSnapshotScheduleSpec.Retention rules, ZoneId zone, List<Instant> times) {
    return new Retention(rules, zone).expired(times, Function.identity());
  }

  private static Instant at(String time) {
    return Instant.parse("2026-03-01" + time + ":00Z");
  }

  private static VMSnapshotScheduleSpec.Retention rules(
      Integer last, Integer hourly, Integer daily, Integer weekly) {
    return new VMSnapshotScheduleSpec.Retention(last, hourly, daily, weekly);
  }
}
