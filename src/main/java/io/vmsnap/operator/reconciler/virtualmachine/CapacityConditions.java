package io.vmsnap.operator.reconciler.virtualmachine;

import io.vmsnap.api.v1alpha1.BinarySize;
import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineSpec.SnapshotPolicy;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.SnapshotEntry;
import io.vmsnap.operator.status.Conditions;
import io.vmsnap.operator.status.Conditions.Truth;
import io.vmsnap.task.RunnerStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Warnings before a volume is full: little of it is free, or snapshots stay so long that their
 * deltas take it up. They take nothing away from Ready.
 */
final class CapacityConditions {
  /** Names in one message; a directory may have a thousand snapshots. */
  private static final int NAMED = 5;

  /** Time for a person to act. */
  private static final Duration SOON = Duration.ofHours(24);

  private static final Duration NO_LONGER_SOON = Duration.ofHours(36);

  private static final String WHAT_TO_DO =
      ": expand the volume or delete snapshots; the guest is paused when it is full";

  private CapacityConditions() {}

  static void add(
      Conditions next,
      VirtualMachine vm,
      RunnerStatus runner,
      List<SnapshotEntry> snapshots,
      Instant now) {
    if (vm.getSpec() == null) {
      return;
    }
    SnapshotPolicy policy = vm.getSpec().snapshotPolicy();
    List<Condition> before = vm.getStatus() == null ? List.of() : vm.getStatus().conditions();
    space(next, policy, runner == null ? null : runner.directory(), before);
    age(next, policy, snapshots, now);
  }

  private static void space(
      Conditions next,
      SnapshotPolicy policy,
      RunnerStatus.Directory directory,
      List<Condition> before) {
    if (directory == null || directory.capacityBytes() <= 0) {
      next.keep(ConditionType.SpaceLow);
      return;
    }
    Optional<TimeUntilFull> full = TimeUntilFull.of(directory);
    double freePercent = 100.0 * directory.freeBytes() / directory.capacityBytes();
    if (freePercent < policy.reservePercent()) {
      String free =
          BinarySize.round(directory.freeBytes())
              + " of "
              + BinarySize.round(directory.capacityBytes())
              + " are free, less than "
              + policy.reservePercent()
              + " %";
      next.add(ConditionType.SpaceLow, Truth.True, ConditionReason.BelowReserve, free + WHAT_TO_DO);
    } else if (full.filter(time -> time.isWithin(soon(before))).isPresent()) {
      String growth =
          "The deltas grow by "
              + BinarySize.round(directory.deltaBytesPerHour())
              + " in an hour: the volume is full within "
              + soon(before).toHours()
              + " h if it goes on";
      next.add(ConditionType.SpaceLow, Truth.True, ConditionReason.FillsSoon, growth + WHAT_TO_DO);
    } else {
      next.add(
          ConditionType.SpaceLow,
          Truth.False,
          ConditionReason.ReserveFree,
          "At least " + policy.reservePercent() + " % of the volume is free");
    }
  }

  /** A warning is taken back later than it is given, so that it does not come and go. */
  private static Duration soon(List<Condition> before) {
    return Conditions.find(before, ConditionType.SpaceLow)
            .filter(condition -> condition.reason().equals(ConditionReason.FillsSoon.name()))
            .isPresent()
        ? NO_LONGER_SOON
        : SOON;
  }

  private static void age(
      Conditions next, SnapshotPolicy policy, List<SnapshotEntry> snapshots, Instant now) {
    Instant limit = now.minus(Duration.ofHours(policy.warnAfterHours()));
    List<SnapshotEntry> old =
        snapshots.stream()
            .filter(entry -> entry.createTime() != null)
            .filter(entry -> Instant.parse(entry.createTime()).isBefore(limit))
            .toList();
    next.add(
        ConditionType.SnapshotsOld,
        Truth.of(!old.isEmpty()),
        old.isEmpty() ? ConditionReason.WithinAge : ConditionReason.OverAge,
        old.isEmpty()
            ? "No snapshot is older than " + policy.warnAfterHours() + " h"
            : "Older than "
                + policy.warnAfterHours()
                + " h: "
                + names(old)
                + ". Their deltas grow with every block that the guest writes: delete what is not"
                + " needed");
  }

  private static String names(List<SnapshotEntry> old) {
    String first =
        old.stream().limit(NAMED).map(SnapshotEntry::name).collect(Collectors.joining(", "));
    return old.size() <= NAMED ? first : first + " and " + (old.size() - NAMED) + " more";
  }
}
