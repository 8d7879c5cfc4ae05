package io.vmsnap.operator.reconciler.vmsnapshotschedule;

import io.vmsnap.api.v1alpha1.MachineSelector;
import io.vmsnap.api.v1alpha1.Names;
import io.vmsnap.api.v1alpha1.VMSnapshotSchedule;
import io.vmsnap.api.v1alpha1.VMSnapshotScheduleSpec;
import io.vmsnap.operator.reconciler.vmsnapshot.VMSnapshotRules;
import io.vmsnap.operator.schedule.CronSchedule;
import io.vmsnap.operator.status.Violation;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/**
 * The rules of the VMSnapshotSchedule definition once more, for API servers that do not know CEL
 * (before 1.25), and what no definition can say: that the expression has times and the zone exists.
 */
public final class VMSnapshotScheduleRules {
  private VMSnapshotScheduleRules() {}

  /** Every broken rule, in the order of the spec; empty if all hold. */
  public static List<Violation> check(VMSnapshotSchedule schedule) {
    List<Violation> found = new ArrayList<>();
    VMSnapshotScheduleSpec spec = schedule.getSpec();
    if (spec == null || spec.schedule() == null || spec.selector() == null) {
      found.add(new Violation("spec", "schedule and selector are required"));
      return found;
    }
    String name = schedule.getMetadata().getName();
    if (name.length() > Names.MAX_SCHEDULE_NAME || !name.matches(Names.DNS_LABEL)) {
      found.add(
          new Violation(
              "metadata.name",
              "metadata.name becomes part of snapshots' names: at most 52 lower-case letters,"
                  + " digits and hyphens, no dots"));
    }
    try {
      CronSchedule.parse(spec.schedule(), ZoneOffset.UTC);
    } catch (IllegalArgumentException e) {
      found.add(new Violation("spec.schedule", e.getMessage()));
    }
    try {
      ZoneId.of(spec.timeZone());
    } catch (DateTimeException e) {
      found.add(
          new Violation(
              "spec.timeZone",
              "'" + spec.timeZone() + "' is no zone of the tz database, such as Europe/Paris"));
    }
    if (!spec.selector().matchExpressions().stream()
        .allMatch(MachineSelector.Requirement::comparesRightly)) {
      found.add(
          new Violation(
              "spec.selector.matchExpressions",
              "In and NotIn need values; Exists and DoesNotExist have none"));
    }
    VMSnapshotRules.check(ScheduledSnapshot.desired(schedule, "m", Instant.EPOCH)).stream()
        .filter(broken -> broken.field().startsWith("spec"))
        .map(broken -> new Violation(inTemplate(broken.field()), broken.message()))
        .forEach(found::add);
    if (spec.retention() != null && spec.retention().keepsNothing()) {
      found.add(
          new Violation(
              "spec.retention",
              "retention must keep something: set last, hourly, daily or weekly"));
    }
    return found;
  }

  private static String inTemplate(String field) {
    return field.replaceFirst("^spec", "spec.template");
  }
}
