package io.vmsnap.operator.reconciler.virtualmachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertStatus;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.SnapshotReference;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus.SnapshotType;
import io.vmsnap.operator.FakeChildren;
import io.vmsnap.operator.FakeEvents;
import io.vmsnap.operator.Fixtures;
import io.vmsnap.operator.operation.JobObservation;
import io.vmsnap.operator.operation.Operations;
import io.vmsnap.operator.polling.RunnerAnswer;
import io.vmsnap.operator.status.Conditions;
import io.vmsnap.task.DeleteResult;
import io.vmsnap.task.RunnerStatus;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The loop on one machine, with what it would see at each look. */
class VirtualMachineReconcilerTest {
  private final FakeChildren children = new FakeChildren();
  private final FakeEvents events = new FakeEvents();
  private VirtualMachine vm = Fixtures.machine();
  private Instant now = Fixtures.NOW;
  private List<VMSnapshot> snapshots = List.of();
  private List<VMSnapshotRevert> reverts = List.of();
  private JobObservation outcome = new JobObservation.Absent();

  @Test
  void claimThenPod() {
    look(null, null, null);
    assertThat(children.applied).singleElement().isInstanceOf(PersistentVolumeClaim.class);
    assertThat(children.applied.getFirst().getMetadata().getOwnerReferences())
        .as("a claim with an owner would be garbage-collected with its disks")
        .isEmpty();

    look(claim(), null, null);
    assertThat(children.applied.get(1)).isInstanceOf(Pod.class);
    assertThat(reason(ConditionType.Reconciling)).isEqualTo("True WaitingForPod");
  }

  @Test
  void runningGuestIsReady() {
    look(claim(), Fixtures.pod(vm, "Running"), told("Running", null));

    assertThat(reason(ConditionType.Ready)).isEqualTo("True Running");
    assertThat(reason(ConditionType.Reconciling)).isEqualTo("False Idle");
    assertThat(reason(ConditionType.Running)).isEqualTo("True Running");
    assertThat(vm.getStatus().powerState()).isEqualTo(PowerState.PoweredOn);
    assertThat(vm.getStatus().directory().deltas()).isEqualTo("51.2Mi");
    assertThat(vm.getStatus().observedGeneration()).isEqualTo(3);
    assertThat(events.told).containsExactly("Normal PoweredOn");
  }

  @Test
  void equalObservationWritesNothing() {
    look(claim(), Fixtures.pod(vm, "Running"), told("Running", null));
    now = now.plusSeconds(2);

    UpdateControl<VirtualMachine> second =
        look(claim(), Fixtures.pod(vm, "Running"), told("Running", null));

    assertThat(second.isNoUpdate()).isTrue();
    assertThat(events.told).hasSize(1);
  }

  @Test
  void newOperatorLeavesTheStatusUntilItHasAskedTheRunner() {
    Pod pod = Fixtures.pod(vm, "Running");
    look(claim(), pod, told("Running", null));

    assertThat(look(claim(), pod, null).isNoUpdate()).isTrue();

    look(claim(), pod, new RunnerAnswer.Silent("pod-1", "timed out"));
    assertThat(reason(ConditionType.Ready)).isEqualTo("False RunnerUnreachable");
  }

  @Test
  void newOperatorDoesNotBelieveTheStatusOfAnEarlierPod() {
    Pod pod = Fixtures.pod(vm, "Running");
    look(claim(), pod, told("Running", null));
    pod.getStatus().setPodIP("10.0.0.8");

    look(claim(), pod, null);

    assertThat(reason(ConditionType.Ready)).isEqualTo("False Starting");
  }

  @Test
  void timesOfSnapshotsAreWrittenAsTheirResourcesHaveThem() {
    RunnerStatus.Snapshot first =
        new RunnerStatus.Snapshot(
            1, null, "first", null, Instant.parse("2026-02-26T10:00:01.027419Z"), false);
    RunnerStatus status = ((RunnerAnswer.Told) told("Running", null)).status();

    look(
        claim(),
        Fixtures.pod(vm, "Running"),
        new RunnerAnswer.Told(
            "pod-1",
            new RunnerStatus(
                status.powerState(),
                status.runState(),
                status.accelerator(),
                status.qemuVersion(),
                status.guestAgentConnected(),
                status.directory(),
                List.of(first),
                1L,
                1L,
                null,
                null,
                null)));

    assertThat(vm.getStatus().snapshots().getFirst().createTime())
        .isEqualTo("2026-02-26T10:00:01Z");
  }

  @Test
  void silentRunnerKeepsWhatWasKnown() {
    look(claim(), Fixtures.pod(vm, "Running"), told("Running", null));
    look(claim(), Fixtures.pod(vm, "Running"), new RunnerAnswer.Silent("pod-1", "timed out"));

    assertThat(reason(ConditionType.Running)).isEqualTo("Unknown RunnerUnreachable");
    assertThat(reason(ConditionType.Ready)).isEqualTo("False RunnerUnreachable");
    assertThat(vm.getStatus().directory().deltas()).isEqualTo("51.2Mi");
    assertThat(vm.getStatus().powerState()).isEqualTo(PowerState.PoweredOn);
  }

  @Test
  void fullVolumeWaitsForAPerson() {
    look(claim(), Fixtures.pod(vm, "Running"), told("IoError", null));

    assertThat(reason(ConditionType.Stalled)).isEqualTo("True IOError");
    assertThat(events.told).containsExactly("Warning IOError");
  }

  @Test
  void poweringOffDeletesThePod() {
    vm = Fixtures.machine("powerState: PoweredOff");
    Pod pod = Fixtures.pod(vm, "Running");

    look(claim(), pod, told("Running", null));

    assertThat(children.deleted).containsExactly(pod);
    assertThat(reason(ConditionType.Reconciling)).isEqualTo("True ShuttingDown");

    look(claim(), null, null);
    assertThat(reason(ConditionType.Ready)).isEqualTo("True PoweredOff");
    assertThat(vm.getStatus().powerState()).isEqualTo(PowerState.PoweredOff);
    assertThat(vm.getStatus().pod()).isNull();
  }

  @Test
  void changedSpecAsksForARestartAndDoesNone() {
    Pod pod = Fixtures.pod(vm, "Running");
    vm = Fixtures.machine("hardware: {memory: 2Gi}");

    look(claim(), pod, told("Running", null));

    assertThat(reason(ConditionType.RestartRequired)).isEqualTo("True SpecChanged");
    assertThat(children.deleted).isEmpty();
    assertThat(children.applied).isEmpty();
  }

  @Test
  void runnerThatEndedIsCountedThenReplacedAfterAPause() {
    Pod ended = Fixtures.pod(vm, "Failed");

    look(claim(), ended, null);
    assertThat(vm.getStatus().restarts().count()).isEqualTo(1);
    assertThat(children.deleted).as("the exit is recorded before its witness goes").isEmpty();

    look(claim(), ended, null);
    assertThat(vm.getStatus().restarts().count()).as("counted once").isEqualTo(1);
    assertThat(children.deleted).containsExactly(ended);

    look(claim(), null, null);
    assertThat(children.applied).isEmpty();
    assertThat(reason(ConditionType.Reconciling)).isEqualTo("True RunnerExited");

    now = now.plus(RestartBackoff.FIRST);
    look(claim(), null, null);
    assertThat(children.applied).singleElement().isInstanceOf(Pod.class);
  }

  @Test
  void pausesGrowToALimit() {
    Pod ended = Fixtures.pod(vm, "Failed");
    Duration last = Duration.ZERO;
    var restarts = RestartBackoff.next(null, ended, now);
    for (int i = 0; i < 20; i++) {
      Duration pause = Duration.between(now, RestartBackoff.notBefore(restarts));
      assertThat(pause).isGreaterThanOrEqualTo(last).isLessThanOrEqualTo(RestartBackoff.LONGEST);
      last = pause;
      restarts = RestartBackoff.next(restarts, ended, now);
    }
    assertThat(last).isEqualTo(RestartBackoff.LONGEST);
  }

  @Test
  void invalidSpecTouchesNothing() {
    vm = Fixtures.machine("hardware: {memory: 16Mi}");

    look(claim(), Fixtures.pod(vm, "Running"), told("Running", null));

    assertThat(reason(ConditionType.Stalled)).isEqualTo("True InvalidSpec");
    assertThat(children.applied).isEmpty();
    assertThat(children.deleted).isEmpty();
  }

  @Test
  void podOfSomebodyElseIsLeftAlone() {
    Pod pod =
        new PodBuilder(Fixtures.pod(vm, "Running"))
            .editMetadata()
            .withOwnerReferences()
            .endMetadata()
            .build();

    look(claim(), pod, null);

    assertThat(reason(ConditionType.Stalled)).isEqualTo("True NameTaken");
    assertThat(children.deleted).isEmpty();
  }

  @Test
  void refusedPodIsReported() {
    children.refusal = new KubernetesClientException("exceeded quota: small", 403, null);

    look(claim(), null, null);

    assertThat(reason(ConditionType.Stalled)).isEqualTo("True ChildRefused");
    assertThat(condition(ConditionType.Stalled).message()).contains("exceeded quota");
  }

  @Test
  void missingGivenClaimIsWaitedFor() {
    vm =
        Serialization.unmarshal(
            """
            apiVersion: vmsnap.io/v1alpha1
            kind: VirtualMachine
            metadata: {name: web, namespace: demo, uid: u, generation: 1}
            spec: {directory: {claimName: mine}, disks: [{name: data, size: 1Gi}]}
            """,
            VirtualMachine.class);

    look(null, null, null);

    assertThat(reason(ConditionType.Reconciling)).isEqualTo("True WaitingForClaim");
    assertThat(children.applied).isEmpty();
  }

  @Test
  void snapshotTakenSinceTheLastAnswerIsCurrent() {
    snapshots =
        List.of(
            Fixtures.withStatus(
                Fixtures.snapshot("second", "2026-03-01T09:00:00Z"),
                "{\"phase\":\"Ready\",\"readyToUse\":true,\"uid\":2,\"parentUid\":1}"));

    look(claim(), Fixtures.pod(vm, "Running"), told("Running", 1L));

    assertThat(vm.getStatus().currentSnapshot())
        .isEqualTo(new SnapshotReference("second", 2L, SnapshotType.Managed));
    assertThat(vm.getStatus().rootSnapshots())
        .containsExactly(new SnapshotReference("by hand", 1L, SnapshotType.Unmanaged));
    assertThat(vm.getStatus().unmanagedSnapshots()).hasSize(1);
  }

  @Test
  void directoryIsKnownWhileTheMachineIsOff() {
    vm = Fixtures.machine("powerState: PoweredOff");
    VMSnapshot first = Fixtures.ready("first", "2026-03-01T09:00:00Z", 1, null);
    VMSnapshot second = Fixtures.ready("second", "2026-03-01T09:01:00Z", 2, 1L);
    VMSnapshot third = Fixtures.ready("third", "2026-03-01T09:02:00Z", 3, 2L);
    snapshots = List.of(first, second, third);

    look(claim(), null, null);
    assertThat(vm.getStatus().lastSnapshotUid()).isEqualTo(3);
    assertThat(vm.getStatus().currentSnapshot().name()).isEqualTo("third");

    Fixtures.withStatus(
        second,
        "{\"phase\":\"Deleted\",\"uid\":2,\"parentUid\":1,\"deletion\":{\"removedUids\":[2]}}");
    look(claim(), null, null);

    assertThat(vm.getStatus().snapshots())
        .extracting(VirtualMachineStatus.SnapshotEntry::uid)
        .containsExactly(1L, 3L);
    assertThat(vm.getStatus().snapshots().getLast().parentUid()).isEqualTo(1);

    snapshots = List.of(first);
    look(claim(), null, null);
    assertThat(vm.getStatus().unmanagedSnapshots())
        .as("a resource that went without a deletion left its snapshot")
        .containsExactly(new SnapshotReference("third", 3L, SnapshotType.Unmanaged));
  }

  @Test
  void revertDecidesAboutPowerUntilTheSpecChanges() {
    Pod pod = Fixtures.pod(vm, "Running");
    look(claim(), pod, told("Running", 1L));
    reverts = List.of(reverted("Reverting", null));
    Pod ended = Fixtures.pod(vm, "Succeeded");

    look(claim(), ended, null);
    assertThat(vm.getStatus().restarts()).as("its end is part of the revert").isNull();
    assertThat(children.applied).isEmpty();
    assertThat(reason(ConditionType.Reconciling)).isEqualTo("True Reverting");

    reverts = List.of(reverted("Succeeded", "PoweredOff"));
    look(claim(), ended, null);
    assertThat(children.deleted).containsExactly(ended);
    assertThat(vm.getStatus().powerOverride())
        .isEqualTo(
            new VirtualMachineStatus.PowerOverride(
                PowerState.PoweredOff, PowerState.PoweredOn, "back"));
    assertThat(vm.getStatus().lastRevert().uid()).isEqualTo("uid-of-back");

    reverts = List.of();
    look(claim(), null, null);
    assertThat(reason(ConditionType.Ready)).isEqualTo("True PoweredOff");
    assertThat(vm.getStatus().currentSnapshot().uid()).isEqualTo(1);
    assertThat(children.applied).as("the resource is gone, the override holds").isEmpty();

    VirtualMachineStatus status = vm.getStatus();
    vm = Fixtures.machine("powerState: PoweredOff");
    vm.setStatus(status);
    look(claim(), null, null);
    assertThat(vm.getStatus().powerOverride()).isNull();

    status = vm.getStatus();
    vm = Fixtures.machine();
    vm.setStatus(status);
    look(claim(), null, null);
    assertThat(children.applied).singleElement().isInstanceOf(Pod.class);
    assertThat(events.told).contains("Normal PowerOverridden");
  }

  @Test
  void revertAfterASnapshotThatNobodyHadHeardOfDecidesWhatIsCurrent() {
    vm = Fixtures.machine("powerState: PoweredOff");
    VMSnapshot first = Fixtures.ready("first", "2026-03-01T09:00:00Z", 1, null);
    VMSnapshot before = taken("before", 2, "2026-03-01T09:30:10Z");
    snapshots = List.of(first);
    look(claim(), null, null);

    snapshots = List.of(first, before);
    reverts = List.of(reverted("Succeeded", "PoweredOff"));
    look(claim(), null, null);
    look(claim(), null, null);
    assertThat(vm.getStatus().currentSnapshot().name()).isEqualTo("first");
    assertThat(vm.getStatus().lastSnapshotUid()).isEqualTo(2);

    snapshots = List.of(first, before, taken("after", 3, "2026-03-01T09:40:00Z"));
    look(claim(), null, null);
    assertThat(vm.getStatus().currentSnapshot().name()).isEqualTo("after");
  }

  @Test
  void answerOfBeforeARevertDoesNotSayWhatIsCurrent() {
    snapshots =
        List.of(
            Fixtures.ready("root", "2026-03-01T09:00:00Z", 1, null),
            taken("one", 2, "2026-03-01T09:10:00Z"));
    Pod pod = Fixtures.pod(vm, "Running");
    look(claim(), pod, null);
    assertThat(vm.getStatus().currentSnapshot().name()).isEqualTo("one");

    now = Instant.parse("2026-03-01T09:31:10Z");
    reverts = List.of(reverted("Succeeded", "PoweredOn"));
    look(claim(), pod, told("Running", 2L));
    assertThat(vm.getStatus().currentSnapshot().name()).as("told before").isEqualTo("root");
    look(claim(), pod, told("Running", 2L));
    assertThat(vm.getStatus().currentSnapshot().name()).as("still told before").isEqualTo("root");

    look(claim(), pod, told("Running", 2L, null, "uid-of-back"));
    assertThat(vm.getStatus().currentSnapshot().name()).as("told since").isEqualTo("one");
  }

  @Test
  void runnerThatNeverHearsOfTheRevertHasAVolumeFromBeforeIt() {
    snapshots =
        List.of(
            Fixtures.ready("root", "2026-03-01T09:00:00Z", 1, null),
            taken("one", 2, "2026-03-01T09:10:00Z"));
    Pod pod = Fixtures.pod(vm, "Running");
    look(claim(), pod, null);
    now = Instant.parse("2026-03-01T09:31:10Z");
    reverts = List.of(reverted("Succeeded", "PoweredOn"));
    look(claim(), pod, null);
    assertThat(vm.getStatus().currentSnapshot().name()).isEqualTo("root");

    now = Instant.parse("2026-03-01T09:41:00Z");
    look(claim(), pod, told("Running", 2L));
    assertThat(vm.getStatus().currentSnapshot().name()).isEqualTo("one");
  }

  private static VMSnapshot taken(String name, int uid, String time) {
    return Fixtures.withStatus(
        Fixtures.snapshot(name, time),
        "{\"phase\":\"Ready\",\"uid\":%d,\"parentUid\":1,\"completionTime\":\"%s\"}"
            .formatted(uid, time));
  }

  @Test
  void revertPowersOnAMachineThatIsToBeOff() {
    vm = Fixtures.machine("powerState: PoweredOff");
    reverts = List.of(reverted("Succeeded", "PoweredOn"));

    look(claim(), null, null);

    assertThat(children.applied).singleElement().isInstanceOf(Pod.class);
    assertThat(vm.getSpec().powerState()).as("never written").isEqualTo(PowerState.PoweredOff);
  }

  @Test
  void revertOfAnEarlierMachineOfThisNameIsHistory() {
    vm = Fixtures.machine("powerState: PoweredOff");
    vm.getMetadata().setCreationTimestamp("2026-03-01T11:00:00Z");
    reverts = List.of(reverted("Succeeded", "PoweredOn"));

    look(claim(), null, null);

    assertThat(children.applied).isEmpty();
    assertThat(vm.getStatus().lastRevert()).isNull();
  }

  @Test
  void claimGoesWithTheMachineOnlyIfTheSpecSaysSo() {
    PersistentVolumeClaim kept = claim();
    vm =
        Serialization.unmarshal(
            """
            apiVersion: vmsnap.io/v1alpha1
            kind: VirtualMachine
            metadata: {name: web, namespace: demo, uid: u, generation: 3}
            spec:
              directory: {claimTemplate: {size: 5Gi}, reclaimPolicy: Delete}
              disks: [{name: data, size: 1Gi}]
            """,
            VirtualMachine.class);

    look(kept, Fixtures.pod(vm, "Running"), told("Running", null));

    PersistentVolumeClaim owned = (PersistentVolumeClaim) children.applied.getFirst();
    assertThat(owned.getMetadata().getOwnerReferences())
        .singleElement()
        .satisfies(owner -> assertThat(owner.getUid()).isEqualTo("u"));

    look(owned, Fixtures.pod(vm, "Running"), told("Running", null));
    assertThat(children.applied).hasSize(1);
  }

  @Test
  void runningMachineIsSuspendedByAJobAndGoesOnLater() {
    Pod pod = Fixtures.pod(vm, "Running");
    look(claim(), pod, told("Running", 1L));
    VirtualMachineStatus status = vm.getStatus();
    vm = Fixtures.machine("powerState: Suspended");
    vm.setStatus(status);

    look(claim(), pod, told("Running", 1L));
    assertThat(vm.getStatus().attempt().operation()).isEqualTo(OperationKind.Suspend);
    assertThat(children.applied).as("the intent comes first").isEmpty();
    assertThat(Operations.of(vm)).as("snapshots wait").isPresent();

    look(claim(), pod, told("Running", 1L));
    assertThat(children.applied).singleElement().isInstanceOf(Job.class);
    assertThat(children.deleted).isEmpty();

    outcome = new JobObservation.Done(new TaskOutcome(TaskReason.Completed, "saved"));
    Pod ended = Fixtures.pod(vm, "Succeeded");
    look(claim(), ended, null);
    look(claim(), ended, null);
    assertThat(children.deleted).containsExactly(ended);
    assertThat(vm.getStatus().restarts()).isNull();

    look(claim(), null, null);
    assertThat(vm.getStatus().powerState()).isEqualTo(PowerState.Suspended);
    assertThat(reason(ConditionType.Ready)).isEqualTo("True Suspended");

    status = vm.getStatus();
    vm = Fixtures.machine();
    vm.setStatus(status);
    look(claim(), null, null);
    assertThat(children.applied).last().isInstanceOf(Pod.class);
    assertThat(vm.getStatus().suspendTime()).isNull();
  }

  @Test
  void machineThatCannotBeSuspendedGoesOnAndSaysSo() {
    Pod pod = Fixtures.pod(vm, "Running");
    look(claim(), pod, told("Running", 1L));
    VirtualMachineStatus status = vm.getStatus();
    vm = Fixtures.machine("powerState: Suspended");
    vm.setStatus(status);
    look(claim(), pod, told("Running", 1L));
    outcome = new JobObservation.Failed(ConditionReason.InsufficientSpace, "1 GiB short", false);

    look(claim(), pod, told("Running", 1L));
    assertThat(reason(ConditionType.Stalled)).isEqualTo("True InsufficientSpace");

    look(claim(), pod, told("Running", 1L));
    assertThat(reason(ConditionType.Stalled)).isEqualTo("True InsufficientSpace");
    assertThat(children.applied).as("not tried again").isEmpty();
    assertThat(children.deleted).isEmpty();
  }

  @Test
  void machineThatWasOffHasNothingToSuspend() {
    vm = Fixtures.machine("powerState: Suspended");

    look(claim(), null, null);

    assertThat(reason(ConditionType.Ready)).isEqualTo("True PoweredOff");
    assertThat(children.applied).isEmpty();
  }

  @Test
  void annotationConsolidatesOnceForEachValue() {
    vm.getMetadata().setAnnotations(Map.of(Annotations.CONSOLIDATE, "monday"));
    Pod pod = Fixtures.pod(vm, "Running");
    look(claim(), pod, told("Running", 1L));
    look(claim(), pod, told("Running", 1L));
    look(claim(), pod, told("Running", 1L));
    assertThat(reason(ConditionType.Ready)).as("the guest runs on").isEqualTo("True Running");
    assertThat(children.applied)
        .singleElement()
        .isInstanceOfSatisfying(
            Job.class,
            job ->
                assertThat(
                        job.getSpec()
                            .getTemplate()
                            .getSpec()
                            .getContainers()
                            .getFirst()
                            .getCommand())
                    .containsExactly("vmsnap", "job", "consolidate"));

    outcome =
        new JobObservation.Done(
            TaskOutcome.completed(
                "done", new DeleteResult(List.of(), 0, 0, new DeleteResult.Timing(null, 9.0))));
    look(claim(), pod, told("Running", 1L));
    assertThat(vm.getStatus().consolidated()).isEqualTo("monday");

    outcome = new JobObservation.Absent();
    look(claim(), pod, told("Running", 1L));
    look(claim(), pod, told("Running", 1L));
    assertThat(children.applied).as("served once").hasSize(1);

    vm.getMetadata().setAnnotations(Map.of(Annotations.CONSOLIDATE, "tuesday"));
    look(claim(), pod, told("Running", 1L));
    look(claim(), pod, told("Running", 1L));
    assertThat(children.applied).hasSize(2);
  }

  private static VMSnapshotRevert reverted(String phase, String power) {
    VMSnapshotRevert revert = Fixtures.revert("back", "2026-03-01T09:30:00Z", "");
    revert.setStatus(
        Serialization.unmarshal(
            "{\"phase\":\"%s\",\"snapshotUid\":1,\"completionTime\":\"2026-03-01T09:31:00Z\"%s}"
                .formatted(phase, power == null ? "" : ",\"powerStateAfter\":\"" + power + "\""),
            VMSnapshotRevertStatus.class));
    return revert;
  }

  private UpdateControl<VirtualMachine> look(
      PersistentVolumeClaim claim, Pod pod, RunnerAnswer answer) {
    VirtualMachineReconciler reconciler =
        new VirtualMachineReconciler(
            Fixtures.CONFIG, null, events, Fixtures.metrics(), Clock.fixed(now, ZoneOffset.UTC));
    MachineObservation seen =
        new MachineObservation(
            VirtualMachineRules.check(vm),
            Optional.ofNullable(claim),
            Optional.ofNullable(pod),
            Optional.ofNullable(answer),
            snapshots,
            reverts,
            outcome);
    UpdateControl<VirtualMachine> control = reconciler.reconcile(vm, seen, children);
    control.getResource().ifPresent(patch -> vm.setStatus(patch.getStatus()));
    return control;
  }

  private PersistentVolumeClaim claim() {
    return Fixtures.claim(vm);
  }

  private Condition condition(ConditionType type) {
    return Conditions.find(vm.getStatus().conditions(), type).orElseThrow();
  }

  @Test
  void disksThatDeletionsLeftAreAConditionUntilTheyAreMerged() {
    Pod pod = Fixtures.pod(vm, "Running");

    look(claim(), pod, told("Running", null, List.of("web-000002.vmdk")));

    assertThat(reason(ConditionType.ConsolidationNeeded)).isEqualTo("True MergePending");
    assertThat(condition(ConditionType.ConsolidationNeeded).message())
        .contains("web-000002.vmdk", "vmsnap.io/consolidate");

    look(claim(), pod, told("Running", null, List.of()));

    assertThat(reason(ConditionType.ConsolidationNeeded)).isEqualTo("False Consolidated");
  }

  @Test
  void volumeThatIsFullWithinADayIsACondition() {
    Pod pod = Fixtures.pod(vm, "Running");
    look(claim(), pod, growing(16 << 20));
    assertThat(reason(ConditionType.SpaceLow)).isEqualTo("False ReserveFree");
    assertThat(vm.getStatus().directory().growthPerHour()).isEqualTo("16Mi");
    assertThat(vm.getStatus().directory().fullIn()).isEqualTo("2d");
    assertThat(events.told).doesNotContain("Warning SpaceLow");

    look(claim(), pod, growing(64 << 20));
    assertThat(reason(ConditionType.SpaceLow)).isEqualTo("True FillsSoon");
    assertThat(condition(ConditionType.SpaceLow).message()).contains("64Mi in an hour", "24 h");
    assertThat(vm.getStatus().directory().fullIn()).isEqualTo("16h");
    assertThat(events.told).contains("Warning SpaceLow");

    look(claim(), pod, growing(32 << 20));
    assertThat(reason(ConditionType.SpaceLow)).as("not yet").isEqualTo("True FillsSoon");

    look(claim(), pod, growing(16 << 20));
    assertThat(reason(ConditionType.SpaceLow)).isEqualTo("False ReserveFree");

    look(claim(), pod, growing(0));
    assertThat(vm.getStatus().directory().growthPerHour()).isEqualTo("0");
    assertThat(vm.getStatus().directory().fullIn()).isNull();

    look(claim(), pod, growing(4L << 30));
    assertThat(vm.getStatus().directory().fullIn()).isEqualTo("<1h");
  }

  @Test
  void claimThatAdmitsOnePodIsRefusedBeforeAnyPodIsMade() {
    vm = Fixtures.machine();
    PersistentVolumeClaim claim =
        new PersistentVolumeClaimBuilder(claim())
            .editSpec()
            .withAccessModes("ReadWriteOncePod")
            .endSpec()
            .build();

    look(claim, null, null);

    assertThat(reason(ConditionType.Stalled)).isEqualTo("True ClaimUnusable");
    assertThat(condition(ConditionType.Ready).message())
        .contains("web-directory", "ReadWriteOncePod", "ReadWriteOnce");
    assertThat(children.applied).isEmpty();
  }

  @Test
  void volumeThatFillsIsACondition() {
    Pod pod = Fixtures.pod(vm, "Running");
    // the fixture's volume has 1Gi of 5Gi free: just the reserve of 20 %
    look(claim(), pod, told("Running", null, List.of()));
    assertThat(reason(ConditionType.SpaceLow)).isEqualTo("False ReserveFree");

    vm = Fixtures.machine("snapshotPolicy: {reservePercent: 21}");
    look(claim(), pod, told("Running", null, List.of()));
    look(claim(), pod, told("Running", null, List.of()));

    assertThat(reason(ConditionType.SpaceLow)).isEqualTo("True BelowReserve");
    assertThat(condition(ConditionType.SpaceLow).message()).contains("1Gi of 5Gi", "21 %");
    assertThat(events.told).containsOnlyOnce("Warning SpaceLow");
  }

  @Test
  void snapshotThatGrowsOldIsACondition() {
    vm.setStatus(
        Serialization.unmarshal(
            """
            snapshots:
            - {uid: 1, name: first, createTime: "2026-02-26T10:00:01Z"}
            - {uid: 2, name: second, createTime: "2026-03-01T09:00:00Z", parentUid: 1}
            """,
            VirtualMachineStatus.class));
    look(claim(), null, null);
    assertThat(reason(ConditionType.SnapshotsOld)).isEqualTo("False WithinAge");

    now = now.plusSeconds(2);
    look(claim(), null, null);
    now = now.plusSeconds(60);
    look(claim(), null, null);

    assertThat(reason(ConditionType.SnapshotsOld)).isEqualTo("True OverAge");
    assertThat(condition(ConditionType.SnapshotsOld).message())
        .contains("first", "72 h")
        .doesNotContain("second");
    assertThat(events.told).containsOnlyOnce("Warning SnapshotsOld");
  }

  private String reason(ConditionType type) {
    return condition(type).status() + " " + condition(type).reason();
  }

  /** With 1Gi free of 5Gi. */
  private static RunnerAnswer growing(long bytesPerHour) {
    return new RunnerAnswer.Told(
        "pod-1",
        new RunnerStatus(
            "PoweredOn",
            "Running",
            "tcg",
            "10.0.2",
            false,
            new RunnerStatus.Directory(5L << 30, 1L << 30, 1, 1, 0, List.of(), bytesPerHour),
            List.of(),
            null,
            0L,
            null,
            null,
            null));
  }

  private static RunnerAnswer told(String runState, Long currentUid) {
    return told(runState, currentUid, null);
  }

  private static RunnerAnswer told(String runState, Long currentUid, List<String> pendingMerges) {
    return told(runState, currentUid, pendingMerges, null);
  }

  private static RunnerAnswer told(
      String runState, Long currentUid, List<String> pendingMerges, String lastRevertId) {
    List<RunnerStatus.Snapshot> list =
        currentUid == null
            ? List.of()
            : List.of(
                new RunnerStatus.Snapshot(currentUid, null, "by hand", "", Fixtures.NOW, false));
    return new RunnerAnswer.Told(
        "pod-1",
        new RunnerStatus(
            "PoweredOn",
            runState,
            "tcg",
            "10.0.2",
            false,
            new RunnerStatus.Directory(5L << 30, 1L << 30, 1L << 30, 53687091, 0, pendingMerges),
            list,
            currentUid,
            currentUid == null ? 0 : currentUid,
            lastRevertId,
            null,
            null));
  }
}
