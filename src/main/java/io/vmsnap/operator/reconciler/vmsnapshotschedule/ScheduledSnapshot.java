package io.vmsnap.operator.reconciler.vmsnapshotschedule;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.Labels;
import io.vmsnap.api.v1alpha1.Names;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotSchedule;
import io.vmsnap.api.v1alpha1.VMSnapshotScheduleSpec.Template;
import io.vmsnap.api.v1alpha1.VMSnapshotSpec;
import io.vmsnap.operator.dependent.SpecHash;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * The snapshot of one machine at one time of a schedule. It is a snapshot like any other, and the
 * schedule does not own it: it is there to outlive the schedule.
 */
final class ScheduledSnapshot {
  private static final DateTimeFormatter MINUTE =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmm").withZone(ZoneOffset.UTC);

  private static final int HASH = 8;

  private ScheduledSnapshot() {}

  static VMSnapshot desired(VMSnapshotSchedule schedule, String machine, Instant time) {
    Template template = schedule.getSpec().template();
    VMSnapshot snapshot = new VMSnapshot();
    snapshot.setMetadata(
        new ObjectMetaBuilder()
            .withName(name(machine, schedule.getMetadata().getName(), time))
            .withNamespace(schedule.getMetadata().getNamespace())
            .addToLabels(template.labels())
            .addToLabels(Labels.VM_NAME, machine)
            .addToLabels(Labels.SCHEDULE_NAME, schedule.getMetadata().getName())
            .addToAnnotations(Annotations.SCHEDULED_TIME, time.toString())
            .build());
    snapshot.setSpec(
        new VMSnapshotSpec(
            machine,
            template.description(),
            template.memory(),
            template.quiesce(),
            template.timeout(),
            template.deletionPolicy(),
            null,
            template.memoryMethod(),
            null));
    return snapshot;
  }

  /** The same for the same machine and time, so that no time is served twice; in UTC. */
  static String name(String machine, String schedule, Instant time) {
    String base = machine + "-" + schedule;
    String end = "-" + MINUTE.format(time);
    int room = Names.MAX_SNAPSHOT_NAME - end.length();
    if (base.length() > room) {
      String hash = SpecHash.of(machine, schedule).substring(0, HASH);
      base = base.substring(0, room - HASH - 1) + "-" + hash;
    }
    return base + end;
  }
}
