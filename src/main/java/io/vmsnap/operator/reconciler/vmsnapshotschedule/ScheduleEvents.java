package io.vmsnap.operator.reconciler.vmsnapshotschedule;

import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.EventReason;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotSchedule;
import io.vmsnap.operator.event.Events;
import io.vmsnap.operator.status.Conditions;
import io.vmsnap.operator.status.Violation;
import java.util.List;

/** Events of a schedule, each told once for the time that it is about. */
final class ScheduleEvents {
  /** Names in one message; a thousand machines are counted, not listed. */
  private static final int NAMED = 5;

  private final Events events;

  ScheduleEvents(Events events) {
    this.events = events;
  }

  void tell(VMSnapshotSchedule schedule, ScheduleStep step, List<String> refused) {
    switch (step) {
      case ScheduleStep.Refuse refuse when !wasRefused(schedule) ->
          events.warning(schedule, EventReason.InvalidSpec, Violation.list(refuse.violations()));
      case ScheduleStep.Run run -> ran(schedule, run, refused);
      case ScheduleStep.Rest rest -> {
        if (rest.missed() != null && !wasMissed(schedule, rest)) {
          events.warning(
              schedule,
              EventReason.RunMissed,
              rest.missed() + " was missed by more than startingDeadlineSeconds");
        }
        expired(schedule, rest.expired());
      }
      case ScheduleStep.Never never -> expired(schedule, never.expired());
      default -> {
        // conditions say it
      }
    }
  }

  private void ran(VMSnapshotSchedule schedule, ScheduleStep.Run run, List<String> refused) {
    int created = run.created().size() - refused.size();
    if (created > 0) {
      events.normal(
          schedule,
          EventReason.SnapshotsScheduled,
          "Created " + created + " VMSnapshots for " + run.time());
    }
    if (!run.skipped().isEmpty()) {
      events.warning(
          schedule,
          EventReason.RunSkipped,
          "Not done with an earlier snapshot at " + run.time() + ": " + some(run.skipped()));
    }
    if (!refused.isEmpty()) {
      events.warning(schedule, EventReason.RunFailed, some(refused));
    }
    expired(schedule, run.expired());
  }

  private void expired(VMSnapshotSchedule schedule, List<VMSnapshot> expired) {
    if (!expired.isEmpty()) {
      events.normal(
          schedule,
          EventReason.SnapshotsExpired,
          "Deleted "
              + some(expired.stream().map(snapshot -> snapshot.getMetadata().getName()).toList()));
    }
  }

  private static String some(List<String> texts) {
    return texts.size() <= NAMED
        ? String.join(", ", texts)
        : String.join(", ", texts.subList(0, NAMED)) + " and " + (texts.size() - NAMED) + " more";
  }

  private static boolean wasMissed(VMSnapshotSchedule schedule, ScheduleStep.Rest rest) {
    return schedule.getStatus() != null
        && rest.missed().toString().equals(schedule.getStatus().lastMissedTime());
  }

  private static boolean wasRefused(VMSnapshotSchedule schedule) {
    return schedule.getStatus() != null
        && Conditions.find(schedule.getStatus().conditions(), ConditionType.Stalled)
            .filter(condition -> condition.reason().equals(ConditionReason.InvalidSpec.name()))
            .isPresent();
  }
}
