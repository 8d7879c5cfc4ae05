package io.vmsnap.operator.reconciler.vmsnapshotschedule;

import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotSchedule;
import io.vmsnap.api.v1alpha1.VMSnapshotScheduleSpec;
import io.vmsnap.api.v1alpha1.VMSnapshotScheduleSpec.ConcurrencyPolicy;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Phase;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.schedule.CronSchedule;
import io.vmsnap.operator.schedule.Retention;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Decides from what was observed, without side effects. Missed times are handled as a CronJob
 * handles them: however many were missed, the last one is served, unless it is too late for it.
 */
final class ScheduleDecision {
  private ScheduleDecision() {}

  static ScheduleStep decide(VMSnapshotSchedule schedule, ScheduleObservation seen, Instant now) {
    if (!seen.violations().isEmpty()) {
      return new ScheduleStep.Refuse(seen.violations());
    }
    VMSnapshotScheduleSpec spec = schedule.getSpec();
    if (spec.suspend()) {
      return new ScheduleStep.Suspend();
    }
    ZoneId zone = ZoneId.of(spec.timeZone());
    CronSchedule cron = CronSchedule.parse(spec.schedule(), zone);
    List<VMSnapshot> expired = expired(spec, seen, zone);
    Instant next = cron.next(now).orElse(null);
    Optional<Instant> due = cron.last(now).filter(time -> time.isAfter(served(schedule)));
    if (due.isEmpty()) {
      return next == null
          ? new ScheduleStep.Never(expired)
          : new ScheduleStep.Rest(null, next, expired);
    }
    if (isTooLate(spec, due.get(), now)) {
      return new ScheduleStep.Rest(due.get(), next, expired);
    }
    return run(schedule, seen, due.get(), next, expired);
  }

  /** Times up to this one are not served again. */
  private static Instant served(VMSnapshotSchedule schedule) {
    String last = schedule.getStatus() == null ? null : schedule.getStatus().lastScheduleTime();
    return Instant.parse(last == null ? schedule.getMetadata().getCreationTimestamp() : last);
  }

  private static boolean isTooLate(VMSnapshotScheduleSpec spec, Instant due, Instant now) {
    return spec.startingDeadlineSeconds() != null
        && due.plusSeconds(spec.startingDeadlineSeconds()).isBefore(now);
  }

  private static ScheduleStep run(
      VMSnapshotSchedule schedule,
      ScheduleObservation seen,
      Instant time,
      Instant next,
      List<VMSnapshot> expired) {
    ConcurrencyPolicy policy = schedule.getSpec().concurrencyPolicy();
    Map<String, List<VMSnapshot>> byMachine = byMachine(seen.snapshots());
    List<VMSnapshot> created = new ArrayList<>();
    List<VMSnapshot> replaced = new ArrayList<>();
    List<String> skipped = new ArrayList<>();
    for (VirtualMachine vm : seen.machines()) {
      String machine = vm.getMetadata().getName();
      VMSnapshot wanted = ScheduledSnapshot.desired(schedule, machine, time);
      List<VMSnapshot> others = byMachine.getOrDefault(machine, List.of());
      if (others.stream().anyMatch(other -> sameName(other, wanted))) {
        // made before the time was recorded as served
        continue;
      }
      List<VMSnapshot> active = others.stream().filter(ScheduleObservation::isActive).toList();
      if (policy == ConcurrencyPolicy.Forbid && !active.isEmpty()) {
        skipped.add(machine);
        continue;
      }
      if (policy == ConcurrencyPolicy.Replace) {
        active.stream()
            .filter(other -> ScheduleObservation.phase(other) == Phase.Pending)
            .forEach(replaced::add);
      }
      created.add(wanted);
    }
    return new ScheduleStep.Run(time, created, replaced, skipped, next, expired);
  }

  private static boolean sameName(VMSnapshot one, VMSnapshot other) {
    return one.getMetadata().getName().equals(other.getMetadata().getName());
  }

  private static List<VMSnapshot> expired(
      VMSnapshotScheduleSpec spec, ScheduleObservation seen, ZoneId zone) {
    List<VMSnapshot> expired = new ArrayList<>();
    for (List<VMSnapshot> found : byMachine(seen.snapshots()).values()) {
      if (spec.retention() != null) {
        List<VMSnapshot> kept = found.stream().filter(ScheduleObservation::isKept).toList();
        expired.addAll(new Retention(spec.retention(), zone).expired(kept, ScheduleDecision::time));
      }
      found.stream()
          .filter(each -> ScheduleObservation.phase(each) == Phase.Failed)
          .filter(each -> each.getMetadata().getDeletionTimestamp() == null)
          .sorted(Comparator.comparing(ScheduleDecision::time).reversed())
          .skip(spec.failedHistoryLimit())
          .forEach(expired::add);
    }
    return expired;
  }

  private static Map<String, List<VMSnapshot>> byMachine(List<VMSnapshot> snapshots) {
    return snapshots.stream()
        .filter(each -> each.getSpec() != null && each.getSpec().vmName() != null)
        .collect(Collectors.groupingBy(each -> each.getSpec().vmName()));
  }

  /**
   * The moment that a snapshot captures, not the time that it stands for: one that makes up for a
   * time of last week is new, and must not expire at once.
   */
  static Instant time(VMSnapshot snapshot) {
    String captured = snapshot.getStatus() == null ? null : snapshot.getStatus().createTime();
    return Instant.parse(
        captured == null ? snapshot.getMetadata().getCreationTimestamp() : captured);
  }
}
