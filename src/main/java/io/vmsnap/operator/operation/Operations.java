package io.vmsnap.operator.operation;

import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VMSnapshotSpec;
import io.vmsnap.api.v1alpha1.VMSnapshotSpec.DeletionPolicy;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Phase;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.status.Conditions;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The operations that resources ask for and that have not ended. */
public final class Operations {
  /** A revert that waits for one of these may wait for ever, and holds up nobody. */
  private static final Set<String> WAITS_FOR_A_PERSON =
      Set.of(ConditionReason.WaitingForSnapshot.name(), ConditionReason.VMRunning.name());

  private Operations() {}

  public static List<Operation> of(
      Optional<VirtualMachine> vm, List<VMSnapshot> snapshots, List<VMSnapshotRevert> reverts) {
    return Stream.of(
            vm.flatMap(Operations::of).stream(),
            snapshots.stream().flatMap(snapshot -> of(snapshot).stream()),
            reverts.stream()
                .flatMap(
                    revert ->
                        of(revert).map(open -> withItsSnapshot(open, revert, snapshots)).stream()))
        .flatMap(operations -> operations)
        .toList();
  }

  /** A revert to a snapshot that is still to be taken begins after it, whichever came first. */
  private static Operation withItsSnapshot(
      Operation open, VMSnapshotRevert revert, List<VMSnapshot> snapshots) {
    return snapshots.stream()
        .filter(s -> s.getMetadata().getName().equals(revert.getSpec().snapshotName()))
        .filter(s -> s.getStatus() == null || s.getStatus().uid() == null)
        .flatMap(snapshot -> of(snapshot).stream())
        .findFirst()
        .map(open::needing)
        .orElse(open);
  }

  /** The machine's own: it goes before whatever waits. */
  public static Optional<Operation> of(VirtualMachine vm) {
    Attempt attempt = vm.getStatus() == null ? null : vm.getStatus().attempt();
    boolean begun = attempt != null && attempt.isOpen(attempt.operation());
    return begun || MachineRequest.open(vm).isPresent()
        ? Optional.of(
            new Operation(
                vm.getMetadata().getUid(),
                begun ? attempt.operation().name() : "an operation on the machine itself",
                Objects.toString(vm.getMetadata().getCreationTimestamp(), ""),
                0L,
                begun,
                null))
        : Optional.empty();
  }

  /** Its creation, its deletion or its description; a resource asks for one at a time. */
  public static Optional<Operation> of(VMSnapshot snapshot) {
    VMSnapshotStatus status = snapshot.getStatus();
    Phase phase = status == null || status.phase() == null ? Phase.Pending : status.phase();
    Attempt attempt = status == null ? null : status.attempt();
    boolean begun = attempt != null && attempt.isOpen(attempt.operation());
    if (phase == Phase.Creating) {
      return Optional.of(operation(snapshot, "snapshot ", created(snapshot), true));
    }
    if (snapshot.getMetadata().getDeletionTimestamp() != null) {
      boolean pauses = attempt != null && attempt.operation() == OperationKind.Delete && !begun;
      return status == null
              || status.uid() == null
              || phase == Phase.Deleted
              || pauses
              || snapshot.getSpec().deletionPolicy() == DeletionPolicy.Retain
          ? Optional.empty()
          : Optional.of(
              operation(
                  snapshot,
                  "deletion of snapshot ",
                  snapshot.getMetadata().getDeletionTimestamp(),
                  begun && attempt.operation() == OperationKind.Delete));
    }
    if (phase == Phase.Pending) {
      return isRefused(status) || isImport(snapshot)
          ? Optional.empty()
          : Optional.of(operation(snapshot, "snapshot ", created(snapshot), false));
    }
    return wantsDescription(snapshot)
        ? Optional.of(
            operation(
                snapshot,
                "name and description of snapshot ",
                created(snapshot),
                begun && attempt.operation() == OperationKind.Describe))
        : Optional.empty();
  }

  public static Optional<Operation> of(VMSnapshotRevert revert) {
    var status = revert.getStatus();
    boolean begun = status != null && status.phase() != null && status.phase().hasBegun();
    boolean ended = status != null && status.phase() != null && status.phase().isFinal();
    boolean waits =
        status != null
            && (isTrue(status.conditions(), ConditionType.Stalled)
                || Conditions.find(status.conditions(), ConditionType.Ready)
                    .map(Condition::reason)
                    .filter(WAITS_FOR_A_PERSON::contains)
                    .isPresent());
    return ended || !begun && (waits || revert.getMetadata().getDeletionTimestamp() != null)
        ? Optional.empty()
        : Optional.of(
            new Operation(
                revert.getMetadata().getUid(),
                "revert " + revert.getMetadata().getName(),
                revert.getMetadata().getCreationTimestamp(),
                status == null ? null : status.sequence(),
                begun,
                null));
  }

  /** Whether the resource stands for a snapshot that is there already. */
  public static boolean isImport(VMSnapshot snapshot) {
    return annotation(snapshot, Annotations.IMPORT) != null;
  }

  public static String annotation(VMSnapshot snapshot, String key) {
    return snapshot.getMetadata().getAnnotations() == null
        ? null
        : snapshot.getMetadata().getAnnotations().get(key);
  }

  /**
   * Whether the directory has another name or description than the spec, and nobody failed to write
   * it.
   */
  public static boolean wantsDescription(VMSnapshot snapshot) {
    VMSnapshotStatus status = snapshot.getStatus();
    return status.phase() == Phase.Ready
        && status.uid() != null
        && snapshot.getSpec() != null
        && !isDescribed(snapshot)
        && !descriptionFailed(snapshot);
  }

  /** Whether a job said that it cannot write the name and description that the spec has. */
  public static boolean descriptionFailed(VMSnapshot snapshot) {
    Attempt attempt = snapshot.getStatus() == null ? null : snapshot.getStatus().attempt();
    return attempt != null
        && attempt.operation() == OperationKind.Describe
        && !attempt.isOpen(OperationKind.Describe)
        && attempt.requestHash().equals(RequestHash.ofDescription(snapshot.getSpec()))
        && !isDescribed(snapshot);
  }

  /** Whether the directory has the name, if the spec has one, and the description of the spec. */
  private static boolean isDescribed(VMSnapshot snapshot) {
    VMSnapshotSpec spec = snapshot.getSpec();
    VMSnapshotStatus status = snapshot.getStatus();
    return Objects.toString(spec.description(), "")
            .equals(Objects.toString(status.description(), ""))
        && (spec.displayName() == null || spec.displayName().equals(status.displayName()));
  }

  private static Operation operation(
      VMSnapshot snapshot, String what, String asked, boolean begun) {
    return new Operation(
        snapshot.getMetadata().getUid(),
        what + snapshot.getMetadata().getName(),
        asked,
        snapshot.getStatus() == null ? null : snapshot.getStatus().sequence(),
        begun,
        annotation(snapshot, Annotations.SAVED_BY));
  }

  private static String created(VMSnapshot snapshot) {
    return snapshot.getMetadata().getCreationTimestamp();
  }

  private static boolean isRefused(VMSnapshotStatus status) {
    return status != null && isTrue(status.conditions(), ConditionType.Stalled);
  }

  private static boolean isTrue(List<Condition> conditions, ConditionType type) {
    return Conditions.isTrue(conditions, type);
  }
}
