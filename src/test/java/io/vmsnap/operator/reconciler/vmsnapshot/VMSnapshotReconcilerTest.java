package io.vmsnap.operator.reconciler.vmsnapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.Finalizers;
import io.vmsnap.api.v1alpha1.Labels;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotSpec;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Phase;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.operator.FakeChildren;
import io.vmsnap.operator.FakeEvents;
import io.vmsnap.operator.Fixtures;
import io.vmsnap.operator.operation.JobObservation;
import io.vmsnap.operator.operation.Operations;
import io.vmsnap.operator.status.Conditions;
import io.vmsnap.task.DeleteResult;
import io.vmsnap.task.SnapshotResult;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The loop on one snapshot, with what it would see at each look. */
class VMSnapshotReconcilerTest {
  private static final JobObservation ABSENT = new JobObservation.Absent();

  private final FakeChildren children = new FakeChildren();
  private final FakeEvents events = new FakeEvents();
  private final VMSnapshot snapshot =
      Fixtures.complete(Fixtures.snapshot("first", "2026-03-01T09:59:00Z"));
  private Instant now = Fixtures.NOW;
  private List<VMSnapshot> others = List.of();

  @Test
  void waitsForAMachineThatDoesNotExist() {
    look(Optional.empty(), ABSENT);

    assertThat(snapshot.getStatus().phase()).isEqualTo(Phase.Pending);
    assertThat(condition(ConditionType.Reconciling))
        .extracting(Condition::status, Condition::reason)
        .containsExactly("True", ConditionReason.WaitingForVM.name());
    assertThat(children.applied).isEmpty();
  }

  @Test
  void waitsForAMachineThatDoesNotRunYet() {
    look(Optional.of(Fixtures.machine()), ABSENT);

    assertThat(condition(ConditionType.Ready).reason()).isEqualTo("VMNotReady");
  }

  @Test
  void stepsOfAMachinesStartAreNotWrittenDownAgain() {
    VirtualMachine vm = Fixtures.machine();
    look(Optional.of(vm), ABSENT);
    vm.setStatus(starting("The claim of the directory is being made"));

    assertThat(look(Optional.of(vm), ABSENT).isNoUpdate()).isTrue();

    vm.setStatus(starting("The runner's pod is being created"));
    assertThat(look(Optional.of(vm), ABSENT).isNoUpdate()).isTrue();
  }

  private static VirtualMachineStatus starting(String message) {
    return Serialization.unmarshal(
        """
        observedGeneration: 3
        conditions:
          - {type: Ready, status: "False", reason: WaitingForPod, message: "%s"}
          - {type: Stalled, status: "False", reason: Idle, message: ""}
        """
            .formatted(message),
        VirtualMachineStatus.class);
  }

  @Test
  void waitingSnapshotIsNotWrittenEachTimeThatTheQueueMoves() {
    VMSnapshot before = Fixtures.complete(Fixtures.snapshot("before", "2026-03-01T09:58:00Z"));
    VMSnapshot head = Fixtures.complete(Fixtures.snapshot("head", "2026-03-01T09:57:00Z"));
    others = List.of(head, before);
    look(running(), ABSENT);
    assertThat(condition(ConditionType.Ready).message())
        .isEqualTo("Waits for snapshot before of the same machine");

    others = List.of(before);

    assertThat(look(running(), ABSENT).isNoUpdate()).isTrue();
  }

  @Test
  void newestSnapshotIsCurrentBeforeTheMachinesStatusSaysSo() {
    VirtualMachine vm = running().orElseThrow();
    look(Optional.of(vm), ABSENT);
    Long parent =
        vm.getStatus().currentSnapshot() == null ? null : vm.getStatus().currentSnapshot().uid();
    long uid = vm.getStatus().lastSnapshotUid() == null ? 1 : vm.getStatus().lastSnapshotUid() + 1;

    look(Optional.of(vm), made(result(uid, parent)));

    assertThat(snapshot.getStatus().current()).isTrue();
  }

  @Test
  void intentIsInTheStatusBeforeTheJobExists() {
    look(running(), ABSENT);

    assertThat(snapshot.getStatus().phase()).isEqualTo(Phase.Creating);
    assertThat(snapshot.getStatus().attempt().job()).isEqualTo("vmsnap-uid-of-first-1");
    assertThat(children.applied).isEmpty();

    look(running(), ABSENT);

    assertThat(children.applied)
        .singleElement()
        .isInstanceOfSatisfying(
            Job.class,
            job -> assertThat(job.getMetadata().getName()).isEqualTo("vmsnap-uid-of-first-1"));
  }

  @Test
  void sameJobIsAppliedHoweverLateItIsLookedAt() {
    look(running(), ABSENT);
    look(running(), ABSENT);
    now = now.plusSeconds(7);
    look(running(), ABSENT);

    assertThat(children.applied).hasSize(2);
    assertThat(children.applied.get(1)).isEqualTo(children.applied.get(0));
  }

  @Test
  void resultFillsTheStatusAndIsFinal() {
    look(running(), ABSENT);
    look(running(), made(result(4, 2L)));

    assertThat(snapshot.getStatus().phase()).isEqualTo(Phase.Ready);
    assertThat(snapshot.getStatus().readyToUse()).isTrue();
    assertThat(snapshot.getStatus().uid()).isEqualTo(4);
    assertThat(snapshot.getStatus().parent()).isEqualTo("uid 2");
    assertThat(condition(ConditionType.Ready).status()).isEqualTo("True");
    VMSnapshotStatus settled = snapshot.getStatus();

    now = now.plus(Duration.ofDays(1));
    UpdateControl<VMSnapshot> control = look(running(), ABSENT);

    assertThat(control.isNoUpdate()).isTrue();
    assertThat(snapshot.getStatus()).isEqualTo(settled);
    assertThat(events.told).containsExactly("Normal SnapshotReady");
  }

  @Test
  void passingFailureIsTriedAgainAfterAPause() {
    look(running(), ABSENT);
    UpdateControl<VMSnapshot> control =
        look(running(), failed(ConditionReason.StorageFailed, true));

    assertThat(snapshot.getStatus().attempt().number()).isEqualTo(2);
    assertThat(control.getScheduleDelay().orElseThrow()).isPositive();
    look(running(), ABSENT);
    assertThat(children.applied).as("not before its time").isEmpty();
    now = now.plusSeconds(60);
    look(running(), ABSENT);
    assertThat(children.applied)
        .singleElement()
        .satisfies(job -> assertThat(job.getMetadata().getName()).endsWith("-2"));
    assertThat(events.told).containsExactly("Warning SnapshotRetried", "Normal SnapshotStarted");
  }

  @Test
  void givesUpAfterTheLastTry() {
    look(running(), ABSENT);
    for (int i = 0; i < Fixtures.CONFIG.jobAttempts(); i++) {
      now = now.plusSeconds(20);
      look(running(), failed(ConditionReason.StorageFailed, true));
    }

    assertThat(snapshot.getStatus().phase()).isEqualTo(Phase.Failed);
    assertThat(condition(ConditionType.Stalled))
        .extracting(Condition::status, Condition::reason)
        .containsExactly("True", "StorageFailed");
    assertThat(condition(ConditionType.Stalled).message()).contains("given up after 5 tries");
  }

  @Test
  void finalFailureIsFinal() {
    look(running(), ABSENT);
    look(running(), failed(ConditionReason.NotSupported, false));

    assertThat(snapshot.getStatus().phase()).isEqualTo(Phase.Failed);
    assertThat(snapshot.getStatus().readyToUse()).isFalse();

    look(running(), made(result(1, null)));

    assertThat(snapshot.getStatus().phase()).as("Failed stays Failed").isEqualTo(Phase.Failed);
  }

  @Test
  void deadlineEndsTheWaitForAJob() {
    look(running(), ABSENT);
    now = now.plus(Duration.ofMinutes(11));
    look(running(), ABSENT);

    assertThat(condition(ConditionType.Stalled).reason()).isEqualTo("TimedOut");
  }

  @Test
  void specChangedAfterTheFactIsReportedAndNotUsed() {
    look(running(), ABSENT);
    snapshot.setSpec(new VMSnapshotSpec("web", "before", true, null, null, null));
    look(running(), ABSENT);

    assertThat(children.applied).isEmpty();
    assertThat(condition(ConditionType.Stalled))
        .extracting(Condition::status, Condition::reason)
        .containsExactly("True", "InvalidSpec");
  }

  @Test
  void descriptionMayChange() {
    look(running(), ABSENT);
    snapshot.setSpec(new VMSnapshotSpec("web", "after", null, null, null, null));
    look(running(), ABSENT);

    assertThat(children.applied).hasSize(1);
  }

  @Test
  void memoryAndQuiescingAreToldAsTheJobSawThem() {
    look(running(), ABSENT);
    look(
        running(),
        made(
            new SnapshotResult(
                1,
                null,
                "PoweredOn",
                "FileSystem",
                "web-Snapshot1.vmsn",
                List.of(),
                null,
                new SnapshotResult.Timing(90.0, 12.5, 800.0),
                Fixtures.NOW,
                Fixtures.NOW,
                new SnapshotResult.MemoryResult(256L << 20, "PreCopy"),
                new SnapshotResult.QuiesceResult(
                    true, "Frozen", "2 file systems were frozen", 2, 60.0, 20.0))));

    VMSnapshotStatus status = snapshot.getStatus();
    assertThat(status.consistency()).isEqualTo(VMSnapshotStatus.Consistency.FileSystem);
    assertThat(status.memory()).isEqualTo(new VMSnapshotStatus.Memory("256Mi", "PreCopy"));
    assertThat(status.timing())
        .isEqualTo(new VMSnapshotStatus.Timing(90.0, 60.0, 20.0, 12.5, 800.0));
    Condition quiesced = condition(ConditionType.Quiesced);
    assertThat(quiesced)
        .extracting(Condition::status, Condition::reason)
        .containsExactly("True", "Frozen");

    look(Optional.empty(), ABSENT);

    assertThat(condition(ConditionType.Quiesced)).as("a fact stays").isEqualTo(quiesced);
  }

  @Test
  void finishedJobStaysForAWhile() {
    look(running(), ABSENT);
    look(running(), made(result(1, null)));
    Job job = new Job();
    look(running(), ABSENT, Optional.of(job));
    assertThat(children.deleted).isEmpty();

    now = now.plus(Duration.ofMinutes(11));
    look(running(), ABSENT, Optional.of(job));

    assertThat(children.deleted).containsExactly(job);
  }

  @Test
  void metadataIsCompletedAfterTheFirstLookHasKeptTheSequence() {
    snapshot.getMetadata().setOwnerReferences(List.of());
    snapshot.getMetadata().setResourceVersion("17");
    look(running(), ABSENT);
    assertThat(snapshot.getStatus().sequence()).isEqualTo(17);

    look(running(), ABSENT);

    VMSnapshot applied = (VMSnapshot) children.applied.getFirst();
    assertThat(applied.getMetadata().getFinalizers()).containsExactly(Finalizers.CONSOLIDATE);
    assertThat(applied.getMetadata().getLabels()).containsEntry(Labels.VM_NAME, "web");
    assertThat(applied.getMetadata().getOwnerReferences()).hasSize(1);
    assertThat(applied.getSpec()).as("a user's spec is not ours to write").isNull();
  }

  @Test
  void editedDescriptionReachesTheDirectoryAndTheSnapshotStaysReady() {
    take(4);
    edit("after", null);
    look(running(), ABSENT);
    assertThat(snapshot.getStatus().phase()).isEqualTo(Phase.Ready);
    assertThat(snapshot.getStatus().attempt().job()).isEqualTo("vmsnap-uid-of-first-describe-2-1");

    look(running(), ABSENT);
    assertThat(condition(ConditionType.Ready).status()).isEqualTo("True");
    assertThat(condition(ConditionType.Reconciling).reason()).isEqualTo("Describing");
    assertThat(command()).containsExactly("vmsnap", "job", "describe");

    look(running(), new JobObservation.Done(new TaskOutcome(TaskReason.Completed, "done")));
    assertThat(snapshot.getStatus().description()).isEqualTo("after");

    look(running(), ABSENT);
    assertThat(condition(ConditionType.Reconciling).status()).isEqualTo("False");
    assertThat(children.applied).hasSize(1);
  }

  @Test
  void newNameReachesTheDirectory() {
    take(4);
    assertThat(snapshot.getStatus().displayName()).isEqualTo("first");
    String description = snapshot.getSpec().description();
    snapshot.setSpec(
        new VMSnapshotSpec(
            "web", description, null, null, null, null, "before the upgrade", null, null));

    look(running(), ABSENT);
    look(running(), ABSENT);
    assertThat(command()).containsExactly("vmsnap", "job", "describe");
    look(running(), new JobObservation.Done(new TaskOutcome(TaskReason.Completed, "done")));
    assertThat(snapshot.getStatus().displayName()).isEqualTo("before the upgrade");

    edit(description, null);
    look(running(), ABSENT);
    assertThat(children.applied).as("without a name in the spec it stays").hasSize(1);
    assertThat(snapshot.getStatus().displayName()).isEqualTo("before the upgrade");
  }

  @Test
  void descriptionThatCannotBeWrittenDoesNotTakeAwayFromTheSnapshot() {
    take(4);
    edit("after", null);
    look(running(), ABSENT);
    look(running(), failed(ConditionReason.DirectoryDamaged, false));
    look(running(), ABSENT);

    assertThat(condition(ConditionType.Ready).status()).isEqualTo("True");
    assertThat(condition(ConditionType.Stalled))
        .extracting(Condition::status, Condition::reason)
        .containsExactly("True", "DirectoryDamaged");
    assertThat(children.applied).as("not tried again").isEmpty();

    edit("another", null);
    look(running(), ABSENT);
    assertThat(snapshot.getStatus().attempt().job()).contains("describe-3-1");
  }

  @Test
  void snapshotThatTheDirectoryHasLostIsNotReadyUntilItIsBack() {
    take(4);
    look(directory("lastSnapshotUid: 5\nsnapshots: [{uid: 5}]"), ABSENT);
    assertThat(snapshot.getStatus().phase()).isEqualTo(Phase.Failed);
    assertThat(snapshot.getStatus().readyToUse()).isFalse();
    assertThat(condition(ConditionType.Stalled).reason()).isEqualTo("SnapshotVanished");
    assertThat(events.told).endsWith("Warning SnapshotVanished");

    look(directory("lastSnapshotUid: 5\nsnapshots: [{uid: 4}, {uid: 5}]"), ABSENT);
    assertThat(snapshot.getStatus().phase()).isEqualTo(Phase.Ready);
    assertThat(condition(ConditionType.Ready).status()).isEqualTo("True");
  }

  @Test
  void directoryThatIsNotThatFarYetHasLostNothing() {
    take(4);
    look(directory("lastSnapshotUid: 3\nsnapshots: [{uid: 3}]"), ABSENT);

    assertThat(snapshot.getStatus().phase()).isEqualTo(Phase.Ready);
  }

  @Test
  void annotationTakesOverASnapshotOfTheDirectory() {
    snapshot.getMetadata().setAnnotations(Map.of(Annotations.IMPORT, "2"));
    look(running(), ABSENT);
    assertThat(condition(ConditionType.Ready).reason()).isEqualTo("WaitingForDirectory");

    look(
        directory(
            "lastSnapshotUid: 3\nsnapshots: [{uid: 1}, {uid: 2, parentUid: 1, name: Clean, memory: true}]"),
        ABSENT);

    assertThat(snapshot.getStatus().phase()).isEqualTo(Phase.Ready);
    assertThat(snapshot.getStatus().uid()).isEqualTo(2);
    assertThat(snapshot.getStatus().parentUid()).isEqualTo(1);
    assertThat(snapshot.getStatus().consistency()).isEqualTo(VMSnapshotStatus.Consistency.Memory);
    assertThat(events.told).containsExactly("Normal SnapshotImported");
    assertThat(snapshot.getStatus().displayName()).isEqualTo("Clean");
    assertThat(children.applied).as("nothing is taken").isEmpty();
  }

  @Test
  void snapshotIsTakenOverAtTheFirstLookWhereTheDirectoryIsKnown() {
    snapshot.getMetadata().setAnnotations(Map.of(Annotations.IMPORT, "2"));

    look(directory("lastSnapshotUid: 3\nsnapshots: [{uid: 2}]"), ABSENT);

    assertThat(snapshot.getStatus().phase()).isEqualTo(Phase.Ready);
  }

  @Test
  void snapshotOfAnotherResourceIsNotTakenOver() {
    snapshot.getMetadata().setAnnotations(Map.of(Annotations.IMPORT, "2"));
    others = List.of(Fixtures.ready("owner", "2026-03-01T09:00:00Z", 2, null));
    look(directory("lastSnapshotUid: 3\nsnapshots: [{uid: 2}]"), ABSENT);

    assertThat(condition(ConditionType.Stalled).reason()).isEqualTo("AlreadyManaged");
  }

  @Test
  void oneTooManyIsRefusedBeforeAnythingIsWritten() {
    VirtualMachine vm =
        directory("lastSnapshotUid: 9\nsnapshots: [{uid: 1}, {uid: 9, parentUid: 1}]").get();
    vm.setSpec(Fixtures.machine("snapshotPolicy: {maxSnapshots: 2}").getSpec());

    look(Optional.of(vm), ABSENT);

    assertThat(condition(ConditionType.Stalled).reason()).isEqualTo("TooManySnapshots");
    assertThat(condition(ConditionType.Stalled).message()).contains("has 2 snapshots", "is 2");
    assertThat(snapshot.getStatus().attempt()).isNull();
  }

  @Test
  void deletionMergesThenWaitsForTheMachineToNoteItThenLetsGo() {
    take(4);
    delete();
    look(running(), ABSENT);
    assertThat(snapshot.getStatus().phase()).isEqualTo(Phase.Deleting);
    assertThat(snapshot.getStatus().attempt().job()).isEqualTo("vmsnap-uid-of-first-delete-1");

    look(running(), ABSENT);
    assertThat(command()).containsExactly("vmsnap", "job", "delete");

    look(running(), deleted(4));
    assertThat(snapshot.getStatus().phase()).isEqualTo(Phase.Deleted);
    assertThat(snapshot.getStatus().deletion().freed()).isEqualTo("32Mi");

    assertThat(deletion(directory("lastSnapshotUid: 4\nsnapshots: [{uid: 4}]"), ABSENT))
        .isInstanceOf(SnapshotStep.Linger.class);
    assertThat(deletion(directory("lastSnapshotUid: 4\nsnapshots: [{uid: 1}]"), ABSENT))
        .isInstanceOf(SnapshotStep.Release.class);
    now = now.plusSeconds(31);
    assertThat(deletion(directory("lastSnapshotUid: 4\nsnapshots: [{uid: 4}]"), ABSENT))
        .as("a status that nobody writes holds up nobody")
        .isInstanceOf(SnapshotStep.Release.class);
  }

  @Test
  void historyThatHasForgottenTheSnapshotDoesNotEndTheMerge() {
    take(4);
    delete();
    look(running(), ABSENT);

    assertThat(
            deletion(
                directory("lastSnapshotUid: 4\nsnapshots: [{uid: 1}]"),
                new JobObservation.Running("")))
        .isInstanceOf(SnapshotStep.Work.class);
  }

  @Test
  void nothingHoldsBackWhatAMergeCanNoLongerHelp() {
    delete();
    assertThat(deletion(running(), ABSENT)).as("pending").isInstanceOf(SnapshotStep.Release.class);

    take(4);
    assertThat(deletion(Optional.empty(), ABSENT))
        .as("the machine is gone")
        .isInstanceOf(SnapshotStep.Release.class);
    VirtualMachine going = Fixtures.running();
    going.getMetadata().setDeletionTimestamp("2026-03-01T10:00:00Z");
    assertThat(deletion(Optional.of(going), ABSENT)).isInstanceOf(SnapshotStep.Release.class);
    VirtualMachine anew = Fixtures.running();
    anew.getMetadata().setUid("another machine of that name");
    assertThat(deletion(Optional.of(anew), ABSENT))
        .as("its snapshots are not ours to delete")
        .isInstanceOf(SnapshotStep.Release.class);
    assertThat(deletion(directory("lastSnapshotUid: 6\nsnapshots: [{uid: 6}]"), ABSENT))
        .as("vanished")
        .isInstanceOf(SnapshotStep.Release.class);
    edit("before", VMSnapshotSpec.DeletionPolicy.Retain);
    assertThat(deletion(running(), ABSENT)).as("Retain").isInstanceOf(SnapshotStep.Release.class);
  }

  @Test
  void snapshotThatIsBeingTakenIsTakenBeforeItIsDeleted() {
    look(running(), ABSENT);
    delete();
    assertThat(deletion(running(), ABSENT))
        .as("no job was made")
        .isInstanceOf(SnapshotStep.Release.class);
    assertThat(deletion(running(), new JobObservation.Running("")))
        .isInstanceOf(SnapshotStep.Work.class);

    look(running(), made(result(4, null)));
    look(running(), ABSENT);

    assertThat(snapshot.getStatus().attempt().operation()).isEqualTo(OperationKind.Delete);
  }

  @Test
  void failedDeletionSaysSoHoldsUpNobodyAndGoesOnLater() {
    take(4);
    delete();
    look(running(), ABSENT);
    look(running(), failed(ConditionReason.InsufficientSpace, false));
    assertThat(condition(ConditionType.Stalled).reason()).isEqualTo("InsufficientSpace");
    assertThat(condition(ConditionType.Stalled).message()).contains("Retain");
    assertThat(Operations.of(snapshot)).as("others may go on").isEmpty();

    look(running(), ABSENT);
    assertThat(condition(ConditionType.Stalled).status()).isEqualTo("True");

    now = now.plus(DeletionDecision.PAUSE);
    look(running(), ABSENT);
    look(running(), ABSENT);
    assertThat(children.applied.getLast().getMetadata().getName())
        .isEqualTo("vmsnap-uid-of-first-delete-2");
  }

  @Test
  void descendantsGoInOneJobAndTheirResourcesWithThem() {
    take(4);
    VMSnapshot child = Fixtures.ready("child", "2026-03-01T09:59:30Z", 5, 4L);
    others = List.of(child);
    snapshot.getMetadata().setAnnotations(Map.of(Annotations.DELETE_DESCENDANTS, "true"));
    delete();
    look(running(), ABSENT);
    look(running(), ABSENT);
    assertThat(Serialization.asJson(children.applied.getLast()))
        .contains("\\\"withDescendants\\\":true");

    look(running(), deleted(4, 5));

    assertThat(children.deleted).containsExactly(child);
  }

  private void take(long uid) {
    look(running(), ABSENT);
    look(running(), made(result(uid, null)));
    events.told.clear();
    children.applied.clear();
  }

  private void delete() {
    snapshot.getMetadata().setDeletionTimestamp("2026-03-01T10:00:00Z");
  }

  private void edit(String description, VMSnapshotSpec.DeletionPolicy policy) {
    snapshot.setSpec(new VMSnapshotSpec("web", description, null, null, null, policy));
    snapshot.getMetadata().setGeneration(snapshot.getMetadata().getGeneration() + 1);
  }

  private List<String> command() {
    return ((Job) children.applied.getLast())
        .getSpec()
        .getTemplate()
        .getSpec()
        .getContainers()
        .getFirst()
        .getCommand();
  }

  private static Optional<VirtualMachine> directory(String status) {
    VirtualMachine vm = Fixtures.running();
    VirtualMachineStatus more = Serialization.unmarshal(status, VirtualMachineStatus.class);
    VirtualMachineStatus old = vm.getStatus();
    vm.setStatus(
        Serialization.unmarshal(
            Serialization.asYaml(old) + Serialization.asYaml(more).replaceFirst("---\n", ""),
            VirtualMachineStatus.class));
    return Optional.of(vm);
  }

  private static JobObservation deleted(Long... uids) {
    return new JobObservation.Done(
        TaskOutcome.completed(
            "done",
            new DeleteResult(
                List.of(uids), 1 << 20, 32 << 20, new DeleteResult.Timing(3.0, 200.0))));
  }

  private static JobObservation deleted(int... uids) {
    return deleted(Arrays.stream(uids).asLongStream().boxed().toArray(Long[]::new));
  }

  private SnapshotStep deletion(Optional<VirtualMachine> vm, JobObservation outcome) {
    return new DeletionDecision(
            new SnapshotDecision(Fixtures.CONFIG.jobAttempts(), Fixtures.CONFIG.jobTtl()))
        .decide(snapshot, seen(vm, outcome, Optional.empty()), now);
  }

  private UpdateControl<VMSnapshot> look(Optional<VirtualMachine> vm, JobObservation outcome) {
    return look(vm, outcome, Optional.empty());
  }

  /** One look; what it writes is what the next one finds. */
  private UpdateControl<VMSnapshot> look(
      Optional<VirtualMachine> vm, JobObservation outcome, Optional<Job> job) {
    VMSnapshotReconciler reconciler =
        new VMSnapshotReconciler(
            Fixtures.CONFIG, events, Fixtures.metrics(), Clock.fixed(now, ZoneOffset.UTC));
    SnapshotObservation seen = seen(vm, outcome, job);
    UpdateControl<VMSnapshot> control = reconciler.reconcile(snapshot, seen, children);
    control.getResource().ifPresent(patch -> snapshot.setStatus(patch.getStatus()));
    return control;
  }

  private SnapshotObservation seen(
      Optional<VirtualMachine> vm, JobObservation outcome, Optional<Job> job) {
    return new SnapshotObservation(
        VMSnapshotRules.check(snapshot),
        vm,
        siblings(),
        Operations.of(vm, siblings(), List.of()),
        job,
        outcome);
  }

  private List<VMSnapshot> siblings() {
    return Stream.concat(Stream.of(snapshot), others.stream()).toList();
  }

  private static JobObservation made(SnapshotResult result) {
    return new JobObservation.Done(TaskOutcome.completed("done", result));
  }

  private Condition condition(ConditionType type) {
    return Conditions.find(snapshot.getStatus().conditions(), type).orElseThrow();
  }

  private static Optional<VirtualMachine> running() {
    return Optional.of(Fixtures.running());
  }

  private static JobObservation failed(ConditionReason reason, boolean mayPass) {
    return new JobObservation.Failed(reason, "why", mayPass);
  }

  private static SnapshotResult result(long uid, Long parent) {
    return new SnapshotResult(
        uid,
        parent,
        "PoweredOn",
        "Crash",
        "web-Snapshot" + uid + ".vmsn",
        List.of(
            new SnapshotResult.DiskResult(
                "scsi0:0", "data", "web.vmdk", "web-000001.vmdk", 1 << 30, 5000, "aa", "bb")),
        new SnapshotResult.StorageResult(5000, 1 << 20, 1 << 30),
        new SnapshotResult.Timing(null, 12.5, 80.0),
        Fixtures.NOW,
        Fixtures.NOW);
  }
}
