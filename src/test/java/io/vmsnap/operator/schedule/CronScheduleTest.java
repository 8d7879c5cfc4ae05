package io.vmsnap.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.api.v1alpha1.VMSnapshotScheduleSpec;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Times of cron expressions. 2026-03-01 is a Sunday. */
class CronScheduleTest {
  private static final String PARIS = "Europe/Paris";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          * * * * *           | 2026-03-01T10:00:00Z | 2026-03-01T10:01:00Z
          * * * * *           | 2026-03-01T10:00:59Z | 2026-03-01T10:01:00Z
          */15 * * * *        | 2026-03-01T10:46:00Z | 2026-03-01T11:00:00Z
          5/20 * * * *        | 2026-03-01T10:46:00Z | 2026-03-01T11:05:00Z
          30 2 * * *          | 2026-03-01T02:30:00Z | 2026-03-02T02:30:00Z
          0 9-17/4 * * *      | 2026-03-01T13:30:00Z | 2026-03-01T17:00:00Z
          0 0 31 * *          | 2026-04-01T00:00:00Z | 2026-05-31T00:00:00Z
          0 0 29 2 *          | 2026-03-01T00:00:00Z | 2028-02-29T00:00:00Z
          0 0 * * mon-FRI     | 2026-03-06T12:00:00Z | 2026-03-09T00:00:00Z
          0 0 * * 7           | 2026-03-02T00:00:00Z | 2026-03-08T00:00:00Z
          0 0 * * 5-7         | 2026-03-07T00:00:00Z | 2026-03-08T00:00:00Z
          0 0 13 * fri        | 2026-03-01T00:00:00Z | 2026-03-06T00:00:00Z
          0 0 13 * fri        | 2026-03-06T00:00:00Z | 2026-03-13T00:00:00Z
          0 0 */2 * fri       | 2026-03-01T00:00:00Z | 2026-03-13T00:00:00Z
          0 0 ? * fri         | 2026-03-01T00:00:00Z | 2026-03-06T00:00:00Z
          0 0 1 jan,JUL *     | 2026-03-01T00:00:00Z | 2026-07-01T00:00:00Z
          @hourly             | 2026-03-01T10:00:00Z | 2026-03-01T11:00:00Z
          @daily              | 2026-03-01T10:00:00Z | 2026-03-02T00:00:00Z
          @weekly             | 2026-03-01T10:00:00Z | 2026-03-08T00:00:00Z
          @monthly            | 2026-03-01T10:00:00Z | 2026-04-01T00:00:00Z
          @yearly             | 2026-03-01T10:00:00Z | 2027-01-01T00:00:00Z
          """)
  void nextTime(String expression, Instant after, Instant expected) {
    assertThat(expression).matches(VMSnapshotScheduleSpec.CRON_PATTERN);

    CronSchedule cron = CronSchedule.parse(expression, ZoneOffset.UTC);

    assertThat(cron.next(after)).contains(expected);
    assertThat(cron.last(expected)).as("a time is its own last").contains(expected);
    assertThat(cron.last(expected.minusSeconds(1)).orElseThrow()).isBeforeOrEqualTo(after);
  }

  /** Clocks in Paris: forward at 2026-03-29 02:00, back at 2026-10-25 03:00. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          30 2 * * *  | 2026-03-28T12:00:00Z | 2026-03-29T01:00:00Z
          30 2 * * *  | 2026-03-29T01:00:00Z | 2026-03-30T00:30:00Z
          30 2 * * *  | 2026-10-24T12:00:00Z | 2026-10-25T00:30:00Z
          30 2 * * *  | 2026-10-25T00:30:00Z | 2026-10-26T01:30:00Z
          30 * * * *  | 2026-03-29T00:30:00Z | 2026-03-29T01:30:00Z
          30 * * * *  | 2026-10-25T00:30:00Z | 2026-10-25T01:30:00Z
          30 2 * * *  | 2026-07-01T00:30:00Z | 2026-07-02T00:30:00Z
          """)
  void changeOfClocks(String expression, Instant after, Instant expected) {
    assertThat(CronSchedule.parse(expression, ZoneId.of(PARIS)).next(after)).contains(expected);
  }

  @Test
  void everyHourIsServedOnceWhateverTheClocksDo() {
    CronSchedule cron = CronSchedule.parse("17 * * * *", ZoneId.of(PARIS));
    Instant time = cron.next(Instant.parse("2026-01-01T00:00:00Z")).orElseThrow();

    for (int hour = 0; hour < 365 * 24; hour++) {
      Instant next = cron.next(time).orElseThrow();
      assertThat(next).isEqualTo(time.plusSeconds(3600));
      time = next;
    }
  }

  @Test
  void lastAndNextAgree() {
    List<String> expressions =
        List.of("*/7 3,14 * * *", "0 0 29 2 *", "15 2 * * sun", "45 23 31 * *", "30 2 1-7 * 1");
    Random random = new Random(7);
    Instant base = Instant.parse("2024-01-01T00:00:00Z");

    for (String expression : expressions) {
      CronSchedule cron = CronSchedule.parse(expression, ZoneId.of(PARIS));
      for (int i = 0; i < 200; i++) {
        Instant moment = base.plusSeconds(random.nextLong(5 * 365 * 86_400L));
        Instant last = cron.last(moment).orElseThrow();
        Instant next = cron.next(moment).orElseThrow();
        assertThat(last).as("%s at %s", expression, moment).isBeforeOrEqualTo(moment);
        assertThat(next).isAfter(moment);
        assertThat(cron.next(last)).as("nothing between").contains(next);
      }
    }
  }

  @Test
  void impossibleDayNeverComes() {
    CronSchedule cron = CronSchedule.parse("0 0 30 2 *", ZoneOffset.UTC);

    assertThat(cron.next(Instant.EPOCH)).isEmpty();
    assertThat(cron.last(Instant.EPOCH)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "@every 5m",
        "TZ=UTC 0 0 * * *",
        "0 0 * *",
        "0 0 0 * * *",
        "60 * * * *",
        "0 24 * * *",
        "0 0 0 * *",
        "0 0 32 * *",
        "0 0 1 13 *",
        "0 0 1 foo *",
        "0 0 * * 8",
        "5-1 * * * *",
        "*/0 * * * *",
        "*/5/5 * * * *",
        "1-2-3 * * * *",
        ", * * * *",
        "-1 * * * *",
        "1. * * * *"
      })
  void badExpressionIsRefused(String expression) {
    assertThatThrownBy(() -> CronSchedule.parse(expression, ZoneOffset.UTC))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'");
  }

  /** The API server refuses what has not the shape; the operator must not refuse what has it. */
  @Test
  void definitionAdmitsNoNumberOutOfRange() {
    List<String> admitted = new ArrayList<>();
    for (int number = 0; number <= 99; number++) {
      for (String expression :
          List.of(
              number + " 0 1 1 0",
              "0 " + number + " 1 1 0",
              "0 0 " + number + " 1 0",
              "0 0 1 " + number + " 0",
              "0 0 1 1 " + number)) {
        if (expression.matches(VMSnapshotScheduleSpec.CRON_PATTERN)) {
          CronSchedule.parse(expression, ZoneOffset.UTC);
          admitted.add(expression);
        }
      }
    }
    assertThat(admitted).hasSize(60 + 24 + 31 + 12 + 8);
  }
}
