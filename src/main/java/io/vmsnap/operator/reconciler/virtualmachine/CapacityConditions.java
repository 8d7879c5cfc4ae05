package io.vmsnap.operator.reconciler.virtualmachine;

import io.vmsnap.api.v1alpha1.BinarySize;
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
import java.util.stream.Collectors;

/**
 * Warnings before a volume is full: little of it is free, or snapshots stay so long that their
 * deltas take it up. They take nothing away from Ready.
 */
final class CapacityConditions {
  /** Names in one message; a directory may have a thousand snapshots. */
  private static final int NAMED = 5;

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
    space(next, policy, runner == null ? null : runner.directory());
    age(next, policy, snapshots, now);
  }

  private static void space(
      Conditions next, SnapshotPolicy policy, RunnerStatus.Directory directory) {
    if (directory == null || directory.capacityBytes() <= 0) {
      next.keep(ConditionType.SpaceLow);
      return;
    }
    double freePercent = 100.0 * directory.freeBytes() / directory.capacityBytes();
    boolean low = freePercent < policy.reservePercent();
    next.add(
        ConditionType.SpaceLow,
        Truth.of(low),
        low ? ConditionReason.BelowReserve : ConditionReason.ReserveFree,
        low
            ? BinarySize.round(directory.freeBytes())
                + " of "
                + BinarySize.round(directory.capacityBytes())
                + " are free, less than "
                + policy.reservePercent()
                + " %: expand the volume or delete snapshots; the guest is paused when it is full"
            : "At least " + policy.reservePercent() + " % of the volume is free");
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
