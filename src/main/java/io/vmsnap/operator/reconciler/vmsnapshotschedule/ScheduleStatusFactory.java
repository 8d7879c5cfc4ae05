package io.vmsnap.operator.reconciler.vmsnapshotschedule;

import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.VMSnapshotSchedule;
import io.vmsnap.api.v1alpha1.VMSnapshotScheduleStatus;
import io.vmsnap.operator.status.Conditions;
import io.vmsnap.operator.status.Summary;
import io.vmsnap.operator.status.Violation;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The status that follows from an observation and the step decided on it. */
final class ScheduleStatusFactory {
  private static final VMSnapshotScheduleStatus NEW =
      new VMSnapshotScheduleStatus(null, null, null, null, null, null, null, null, null);

  private ScheduleStatusFactory() {}

  /**
   * @param refused machines whose snapshot the API server refused, each with its words
   */
  static VMSnapshotScheduleStatus create(
      VMSnapshotSchedule schedule,
      ScheduleObservation seen,
      ScheduleStep step,
      List<String> refused,
      Instant now) {
    VMSnapshotScheduleStatus before = schedule.getStatus() == null ? NEW : schedule.getStatus();
    boolean runs = step instanceof ScheduleStep.Run;
    int created = runs ? ((ScheduleStep.Run) step).created().size() - refused.size() : 0;
    return new VMSnapshotScheduleStatus(
        schedule.getMetadata().getGeneration(),
        conditions(schedule, before, step, refused, now),
        runs ? ((ScheduleStep.Run) step).time().toString() : before.lastScheduleTime(),
        lastSuccessful(before, seen),
        step instanceof ScheduleStep.Rest rest && rest.missed() != null
            ? rest.missed().toString()
            : before.lastMissedTime(),
        next(step),
        seen.machines().size(),
        created + (int) seen.snapshots().stream().filter(ScheduleObservation::isActive).count(),
        (int) seen.snapshots().stream().filter(ScheduleObservation::isKept).count());
  }

  private static List<Condition> conditions(
      VMSnapshotSchedule schedule,
      VMSnapshotScheduleStatus before,
      ScheduleStep step,
      List<String> refused,
      Instant now) {
    Conditions next =
        new Conditions(before.conditions(), schedule.getMetadata().getGeneration(), now);
    Summary summary = summary(before, step, refused);
    summary.addReady(next);
    summary.addReconciling(next);
    summary.addStalled(next);
    return next.list();
  }

  private static Summary summary(
      VMSnapshotScheduleStatus before, ScheduleStep step, List<String> refused) {
    return switch (step) {
      case ScheduleStep.Refuse refuse ->
          Summary.stuck(ConditionReason.InvalidSpec, Violation.list(refuse.violations()));
      case ScheduleStep.Suspend suspend ->
          new Summary(
              Summary.State.READY,
              ConditionReason.ScheduleSuspended,
              "Nothing is taken or deleted until spec.suspend is false",
              null,
              null);
      case ScheduleStep.Never never ->
          Summary.stuck(ConditionReason.NeverDue, "No time matches spec.schedule");
      case ScheduleStep.Run run when !refused.isEmpty() ->
          Summary.stuck(
              ConditionReason.RunIncomplete,
              "Snapshots of " + run.time() + " were refused: " + String.join("; ", refused));
      case ScheduleStep.Run run -> waits();
      // what was refused at the last time stays said until the next
      case ScheduleStep.Rest rest ->
          before.conditions().stream()
              .filter(c -> c.reason().equals(ConditionReason.RunIncomplete.name()))
              .findFirst()
              .map(c -> Summary.stuck(ConditionReason.RunIncomplete, c.message()))
              .orElseGet(ScheduleStatusFactory::waits);
    };
  }

  private static Summary waits() {
    return new Summary(
        Summary.State.READY,
        ConditionReason.Scheduled,
        "Waits for status.nextScheduleTime",
        null,
        null);
  }

  private static String lastSuccessful(VMSnapshotScheduleStatus before, ScheduleObservation seen) {
    return Stream.concat(
            Stream.ofNullable(before.lastSuccessfulTime()).map(Instant::parse),
            seen.snapshots().stream()
                .filter(ScheduleObservation::isKept)
                .map(ScheduleDecision::time))
        .max(Comparator.naturalOrder())
        .map(Instant::toString)
        .orElse(null);
  }

  private static String next(ScheduleStep step) {
    Instant next =
        switch (step) {
          case ScheduleStep.Run run -> run.next();
          case ScheduleStep.Rest rest -> rest.next();
          default -> null;
        };
    return next == null ? null : next.toString();
  }
}
