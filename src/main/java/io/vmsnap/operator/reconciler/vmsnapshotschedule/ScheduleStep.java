package io.vmsnap.operator.reconciler.vmsnapshotschedule;

import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.operator.status.Violation;
import java.time.Instant;
import java.util.List;

/** What to do about a schedule next. Doing it twice is harmless: names follow from the time. */
sealed interface ScheduleStep {
  /** The spec breaks rules. */
  record Refuse(List<Violation> violations) implements ScheduleStep {}

  /** Nothing is taken and nothing deleted, as the spec asks. */
  record Suspend() implements ScheduleStep {}

  /** No time matches the expression. */
  record Never(List<VMSnapshot> expired) implements ScheduleStep {}

  /**
   * Nothing is due.
   *
   * @param missed a time that it is too late for; null for none
   */
  record Rest(Instant missed, Instant next, List<VMSnapshot> expired) implements ScheduleStep {}

  /**
   * A time is due.
   *
   * @param replaced snapshots that have not begun and make room
   * @param skipped machines that are left out, because they are not done with an earlier one
   * @param next null if no other time follows
   */
  record Run(
      Instant time,
      List<VMSnapshot> created,
      List<VMSnapshot> replaced,
      List<String> skipped,
      Instant next,
      List<VMSnapshot> expired)
      implements ScheduleStep {}
}
