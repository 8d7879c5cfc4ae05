package io.vmsnap.operator.reconciler.vmsnapshotrevert;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertStatus.Phase;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.operator.FakeChildren;
import io.vmsnap.operator.FakeEvents;
import io.vmsnap.operator.Fixtures;
import io.vmsnap.operator.operation.JobObservation;
import io.vmsnap.operator.operation.Operations;
import io.vmsnap.operator.status.Conditions;
import io.vmsnap.task.RevertResult;
import io.vmsnap.task.TaskOutcome;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The loop on one revert, with what it would see at each look. */
class VMSnapshotRevertReconcilerTest {
  private static final String CREATED = "2026-03-01T09:59:00Z";
  private static final JobObservation ABSENT = new JobObservation.Absent();

  private final FakeChildren children = new FakeChildren();
  private final FakeEvents events = new FakeEvents();
  private final List<VMSnapshot> snapshots =
      new ArrayList<>(List.of(Fixtures.ready("first", "2026-03-01T09:00:00Z", 3, null)));
  private VirtualMachine vm = Fixtures.running();
  private VMSnapshotRevert revert = Fixtures.revert("back", CREATED, "");
  private Instant now = Fixtures.NOW;

  @Test
  void intentThenJobThenResultAndNothingAfterwards() {
    look(ABSENT);
    assertThat(revert.getStatus().phase()).isEqualTo(Phase.Reverting);
    assertThat(revert.getStatus().snapshotUid()).isEqualTo(3);
    assertThat(children.applied).isEmpty();

    look(ABSENT);
    assertThat(children.applied)
        .singleElement()
        .isInstanceOfSatisfying(
            Job.class,
            job -> {
              assertThat(job.getMetadata().getName()).isEqualTo("vmsnap-uid-of-back-1");
              assertThat(job.getSpec().getTemplate().getSpec().getContainers().getFirst())
                  .satisfies(
                      c -> assertThat(c.getCommand()).containsExactly("vmsnap", "job", "revert"));
            });

    look(done("PoweredOff"));
    VMSnapshotRevertStatus ended = revert.getStatus();
    assertThat(ended.phase()).isEqualTo(Phase.Succeeded);
    assertThat(ended.powerStateAfter()).isEqualTo(PowerState.PoweredOff);
    assertThat(ended.discarded()).isEqualTo("16Mi");
    assertThat(ended.completionTime()).isEqualTo("2026-03-01T10:00:00Z");
    assertThat(condition(ConditionType.Ready).status()).isEqualTo("True");

    now = now.plus(Duration.ofDays(400));
    assertThat(look(ABSENT).isNoUpdate()).as("inert for ever").isTrue();
    assertThat(children.applied).hasSize(1);
    assertThat(children.deleted).isEmpty();
    assertThat(events.told).containsExactly("Normal RevertStarted", "Normal Reverted");
  }

  @Test
  void waitsForASnapshotThatDoesNotExistAndHoldsUpNobody() {
    snapshots.clear();
    look(ABSENT);

    assertThat(reason()).isEqualTo("WaitingForSnapshot");
    assertThat(Operations.of(revert)).isEmpty();
  }

  @Test
  void waitsForASnapshotThatIsBeingTakenAndKeepsItsPlace() {
    Fixtures.withPhase(snapshots.getFirst(), VMSnapshotStatus.Phase.Creating);
    look(ABSENT);

    assertThat(reason()).isEqualTo("VMBusy");
    assertThat(Operations.of(revert)).isPresent();
  }

  @Test
  void snapshotThatIsBeingDeletedIsNoTarget() {
    snapshots.getFirst().getMetadata().setDeletionTimestamp(CREATED);
    look(ABSENT);

    assertThat(revert.getStatus().phase()).isEqualTo(Phase.Failed);
    assertThat(reason()).isEqualTo("SnapshotUnusable");
  }

  @Test
  void runningMachineIsWaitedForOrRefusedWhereTheSpecSaysSo() {
    revert = Fixtures.revert("back", CREATED, ", ifRunning: Wait");
    look(ABSENT);
    assertThat(revert.getStatus().phase()).isEqualTo(Phase.Pending);
    assertThat(reason()).isEqualTo("VMRunning");
    assertThat(Operations.of(revert)).as("may wait for ever").isEmpty();

    revert = Fixtures.revert("back", CREATED, ", ifRunning: Fail");
    look(ABSENT);
    assertThat(revert.getStatus().phase()).isEqualTo(Phase.Failed);
    assertThat(reason()).isEqualTo("VMRunning");
  }

  @Test
  void goesAfterASnapshotThatWasAskedForEarlier() {
    snapshots.add(Fixtures.snapshot("earlier", "2026-03-01T09:58:59Z"));
    look(ABSENT);

    assertThat(condition(ConditionType.Ready).message()).contains("snapshot earlier");
  }

  @Test
  void stateThatIsLeftIsSavedFirst() {
    revert = Fixtures.revert("back", CREATED, ", saveCurrentState: true");
    look(ABSENT);
    assertThat(revert.getStatus().phase()).isEqualTo(Phase.Saving);
    assertThat(children.applied).as("the intent comes first").isEmpty();

    look(ABSENT);
    VMSnapshot saved = (VMSnapshot) children.applied.getFirst();
    assertThat(saved.getMetadata().getName()).isEqualTo("back-saved");
    assertThat(saved.getMetadata().getOwnerReferences()).as("it outlives the revert").isEmpty();
    assertThat(saved.getSpec().memory()).as("the machine runs").isTrue();

    VMSnapshot taken = Fixtures.snapshot("back-saved", "2026-03-01T10:00:00Z");
    taken.getMetadata().setAnnotations(saved.getMetadata().getAnnotations());
    snapshots.add(taken);
    look(ABSENT);
    assertThat(revert.getStatus().phase()).isEqualTo(Phase.Saving);

    Fixtures.withPhase(taken, VMSnapshotStatus.Phase.Ready);
    look(ABSENT);
    look(ABSENT);
    assertThat(revert.getStatus().phase()).isEqualTo(Phase.Reverting);
    assertThat(children.applied).last().isInstanceOf(Job.class);
  }

  @Test
  void stateThatCannotBeSavedIsNotLeft() {
    revert = Fixtures.revert("back", CREATED, ", saveCurrentState: true");
    look(ABSENT);
    VMSnapshot taken =
        Fixtures.withPhase(
            Fixtures.snapshot("back-saved", "2026-03-01T10:00:00Z"), VMSnapshotStatus.Phase.Failed);
    taken.getMetadata().setAnnotations(Map.of(Annotations.SAVED_BY, "uid-of-back"));
    snapshots.add(taken);

    look(ABSENT);

    assertThat(revert.getStatus().phase()).isEqualTo(Phase.Failed);
    assertThat(reason()).isEqualTo("SavingFailed");
    assertThat(children.applied).isEmpty();
  }

  @Test
  void snapshotOfThatNameThatSomebodyElseMadeIsNotTheSavedState() {
    revert = Fixtures.revert("back", CREATED, ", saveCurrentState: true");
    look(ABSENT);
    snapshots.add(Fixtures.ready("back-saved", "2026-03-01T09:00:00Z", 4, 3L));

    look(ABSENT);

    assertThat(reason()).isEqualTo("NameTaken");
  }

  @Test
  void revertThatTheMachineRemembersIsNotServedAgain() {
    revert = Fixtures.revert("back", CREATED, "");
    vm.setStatus(
        Serialization.unmarshal(
            Serialization.asJson(vm.getStatus())
                .replaceFirst(
                    "\\{",
                    "{\"lastRevert\":{\"uid\":\"uid-of-back\",\"completionTime\":\"2026-02-01T00:00:00Z\"},"),
            VirtualMachineStatus.class));

    look(ABSENT);

    assertThat(revert.getStatus().phase()).isEqualTo(Phase.Failed);
    assertThat(condition(ConditionType.Ready).message()).contains("is not served again");
    assertThat(children.applied).isEmpty();
  }

  @Test
  void finalFailureLeavesTheMachine() {
    look(ABSENT);
    look(new JobObservation.Failed(ConditionReason.InsufficientSpace, "3 GiB short", false));

    assertThat(revert.getStatus().phase()).isEqualTo(Phase.Failed);
    assertThat(revert.getStatus().powerStateAfter()).isNull();
    assertThat(reason()).isEqualTo("InsufficientSpace");
  }

  @Test
  void resourceGoesAtItsTimeAndNotBeforeTheMachineHasNotedIt() {
    revert = Fixtures.revert("back", CREATED, ", ttlSecondsAfterFinished: 60");
    look(ABSENT);
    look(done("PoweredOn"));
    now = now.plusSeconds(61);
    look(ABSENT);
    assertThat(children.deleted).as("the machine's status does not know of it").isEmpty();

    vm = null;
    look(ABSENT);
    assertThat(children.deleted).containsExactly(revert);
  }

  private UpdateControl<VMSnapshotRevert> look(JobObservation outcome) {
    VMSnapshotRevertReconciler reconciler =
        new VMSnapshotRevertReconciler(
            Fixtures.CONFIG, events, Fixtures.metrics(), Clock.fixed(now, ZoneOffset.UTC));
    RevertObservation seen =
        new RevertObservation(
            VMSnapshotRevertRules.check(revert),
            Optional.ofNullable(vm),
            snapshots,
            Operations.of(Optional.ofNullable(vm), snapshots, List.of(revert)),
            Optional.empty(),
            outcome);
    UpdateControl<VMSnapshotRevert> control = reconciler.reconcile(revert, seen, children);
    control.getResource().ifPresent(patch -> revert.setStatus(patch.getStatus()));
    return control;
  }

  private String reason() {
    return condition(ConditionType.Ready).reason();
  }

  private Condition condition(ConditionType type) {
    return Conditions.find(revert.getStatus().conditions(), type).orElseThrow();
  }

  private static JobObservation done(String power) {
    return new JobObservation.Done(
        TaskOutcome.completed(
            "done",
            new RevertResult(
                3, power, null, 16 << 20, List.of(), new RevertResult.Timing(12.0, 90.0))));
  }
}
