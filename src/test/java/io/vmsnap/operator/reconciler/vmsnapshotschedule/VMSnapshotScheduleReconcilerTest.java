package io.vmsnap.operator.reconciler.vmsnapshotschedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.vmsnap.api.v1alpha1.Annotations;
import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.Labels;
import io.vmsnap.api.v1alpha1.Names;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotSchedule;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Phase;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.FakeChildren;
import io.vmsnap.operator.FakeEvents;
import io.vmsnap.operator.Fixtures;
import io.vmsnap.operator.status.Conditions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The loop on one schedule, with what it would see at each look. */
class VMSnapshotScheduleReconcilerTest {
  private final FakeChildren children = new FakeChildren();
  private final FakeEvents events = new FakeEvents();
  private final List<VirtualMachine> machines = new ArrayList<>();
  private final List<VMSnapshot> snapshots = new ArrayList<>();
  private VMSnapshotSchedule schedule = schedule("");
  private Instant now = Instant.parse("2026-03-01T10:20:00Z");

  VMSnapshotScheduleReconcilerTest() {
    machine("web", Map.of("backup", "yes"));
    machine("scratch", Map.of());
  }

  @Test
  void takesSnapshotsOfSelectedMachinesAtItsTimes() {
    UpdateControl<VMSnapshotSchedule> control = look();
    assertThat(children.applied).isEmpty();
    assertThat(schedule.getStatus().nextScheduleTime()).isEqualTo("2026-03-01T10:30:00Z");
    assertThat(schedule.getStatus().machines()).isEqualTo(1);
    assertThat(condition(ConditionType.Ready).reason()).isEqualTo("Scheduled");
    assertThat(control.getScheduleDelay()).contains(Duration.ofMinutes(10).toMillis());

    now = Instant.parse("2026-03-01T10:30:00Z");
    look();
    assertThat(applied()).containsExactly("web-nightly-20260301-1030");
    assertThat(children.applied.getFirst())
        .isInstanceOfSatisfying(
            VMSnapshot.class,
            snapshot -> {
              assertThat(snapshot.getMetadata().getLabels())
                  .containsEntry(Labels.SCHEDULE_NAME, "nightly")
                  .containsEntry(Labels.VM_NAME, "web");
              assertThat(snapshot.getMetadata().getOwnerReferences()).isEmpty();
              assertThat(snapshot.getSpec().vmName()).isEqualTo("web");
              assertThat(snapshot.getSpec().description()).isEqualTo("by night");
            });
    assertThat(schedule.getStatus().lastScheduleTime()).isEqualTo("2026-03-01T10:30:00Z");
    assertThat(schedule.getStatus().nextScheduleTime()).isEqualTo("2026-03-01T11:30:00Z");
    assertThat(events.told).containsExactly("Normal SnapshotsScheduled");

    look();
    assertThat(applied()).as("once").hasSize(1);
  }

  @Test
  void timeThatWasNotRecordedIsServedUnderTheSameName() {
    now = Instant.parse("2026-03-01T10:30:05Z");
    VMSnapshotSchedule before = copy();
    look();
    exists("web-nightly-20260301-1030", "2026-03-01T10:30:00Z", Phase.Creating);

    schedule = before;
    look();

    assertThat(applied()).hasSize(1);
    assertThat(schedule.getStatus().lastScheduleTime()).isEqualTo("2026-03-01T10:30:00Z");
    assertThat(schedule.getStatus().active()).isEqualTo(1);
  }

  @Test
  void onlyTheLastMissedTimeIsMadeUpFor() {
    now = Instant.parse("2026-03-04T07:00:00Z");

    look();

    assertThat(applied()).containsExactly("web-nightly-20260304-0630");
  }

  @Test
  void timeMissedForTooLongIsToldOnceAndLeftOut() {
    schedule = schedule("startingDeadlineSeconds: 600");
    now = Instant.parse("2026-03-01T10:45:00Z");

    look();
    look();

    assertThat(children.applied).isEmpty();
    assertThat(events.told).containsExactly("Warning RunMissed");
    assertThat(schedule.getStatus().lastMissedTime()).isEqualTo("2026-03-01T10:30:00Z");
    now = Instant.parse("2026-03-01T11:35:00Z");
    look();
    assertThat(applied()).containsExactly("web-nightly-20260301-1130");
  }

  @Test
  void suspendedScheduleNeitherTakesNorDeletes() {
    schedule = schedule("suspend: true\nretention: {last: 1}");
    exists("a", "2026-03-01T08:30:00Z", Phase.Ready);
    exists("b", "2026-03-01T09:30:00Z", Phase.Ready);
    now = Instant.parse("2026-03-01T12:00:00Z");

    look();

    assertThat(children.applied).isEmpty();
    assertThat(children.deleted).isEmpty();
    assertThat(condition(ConditionType.Ready).status()).isEqualTo("True");
    assertThat(condition(ConditionType.Ready).reason()).isEqualTo("ScheduleSuspended");
    assertThat(schedule.getStatus().nextScheduleTime()).isNull();
  }

  @Test
  void unfinishedSnapshotForbidsTheNext() {
    exists("web-nightly-20260301-0930", "2026-03-01T09:30:00Z", Phase.Creating);
    machine("db", Map.of("backup", "yes"));
    now = Instant.parse("2026-03-01T10:30:00Z");

    look();

    assertThat(applied()).containsExactly("db-nightly-20260301-1030");
    assertThat(events.told).containsExactly("Normal SnapshotsScheduled", "Warning RunSkipped");
  }

  @Test
  void unfinishedSnapshotIsJoinedWhereAllowed() {
    schedule = schedule("concurrencyPolicy: Allow");
    exists("web-nightly-20260301-0930", "2026-03-01T09:30:00Z", Phase.Pending);
    now = Instant.parse("2026-03-01T10:30:00Z");

    look();

    assertThat(applied()).containsExactly("web-nightly-20260301-1030");
    assertThat(children.deleted).isEmpty();
  }

  @Test
  void waitingSnapshotIsReplacedAndOneAtWorkIsNot() {
    schedule = schedule("concurrencyPolicy: Replace");
    exists("web-nightly-20260301-0830", "2026-03-01T08:30:00Z", Phase.Creating);
    exists("web-nightly-20260301-0930", "2026-03-01T09:30:00Z", Phase.Pending);
    now = Instant.parse("2026-03-01T10:30:00Z");

    look();

    assertThat(applied()).containsExactly("web-nightly-20260301-1030");
    assertThat(deleted()).containsExactly("web-nightly-20260301-0930");
  }

  @Test
  void retentionDeletesOldestFirstAndCountsOnlyWhatIsReady() {
    schedule = schedule("retention: {last: 2}");
    exists("a", "2026-03-01T06:30:00Z", Phase.Ready);
    exists("b", "2026-03-01T07:30:00Z", Phase.Ready);
    exists("c", "2026-03-01T08:30:00Z", Phase.Ready);
    exists("d", "2026-03-01T09:30:00Z", Phase.Ready);
    exists("e", "2026-03-01T10:30:00Z", Phase.Creating);
    exists("gone", "2026-03-01T05:30:00Z", Phase.Deleting);

    look();

    assertThat(deleted()).containsExactly("a", "b");
    assertThat(events.told).containsExactly("Normal SnapshotsExpired");
    assertThat(schedule.getStatus().lastSuccessfulTime()).isEqualTo("2026-03-01T09:30:00Z");
  }

  /** The API server refuses a deletion that rests on an old version, and no event tells of it. */
  @Test
  void snapshotThatCouldNotBeDeletedIsLookedAtAgainSoon() {
    schedule = schedule("retention: {last: 1}");
    exists("a", "2026-03-01T09:58:00Z", Phase.Ready);
    exists("b", "2026-03-01T09:59:00Z", Phase.Ready);

    assertThat(look().getScheduleDelay()).contains(5_000L);
    assertThat(look().getScheduleDelay()).contains(5_000L);
    assertThat(deleted()).containsExactly("a", "a");

    snapshots.removeIf(snapshot -> snapshot.getMetadata().getName().equals("a"));
    assertThat(look().getScheduleDelay()).contains(Duration.ofMinutes(10).toMillis());
  }

  @Test
  void snapshotThatMakesUpForAnOldTimeIsNew() {
    schedule = schedule("retention: {last: 1}");
    exists("a", "2026-03-01T09:59:00Z", Phase.Ready);
    VMSnapshot late = exists("b", "2026-03-01T10:00:00Z", Phase.Ready);
    late.getMetadata().setAnnotations(Map.of(Annotations.SCHEDULED_TIME, "2026-01-01T00:00:00Z"));

    look();

    assertThat(deleted()).containsExactly("a");
  }

  @Test
  void machinesKeepTheirSnapshotsEachForItself() {
    schedule = schedule("retention: {last: 1}");
    exists("a", "2026-03-01T06:30:00Z", Phase.Ready);
    snapshots.add(ofMachine("db", exists("b", "2026-03-01T05:30:00Z", Phase.Ready)));

    look();

    assertThat(children.deleted).isEmpty();
  }

  @Test
  void withoutRetentionAllStayButOldFailures() {
    exists("a", "2026-03-01T06:30:00Z", Phase.Failed);
    exists("b", "2026-03-01T07:30:00Z", Phase.Failed);
    exists("c", "2026-03-01T04:30:00Z", Phase.Ready);

    look();

    assertThat(deleted()).containsExactly("a");
  }

  @Test
  void refusalOfOneMachineLeavesTheOthersTheirsAndIsSaid() {
    children.refusal = new KubernetesClientException("quota exceeded", 403, null);
    now = Instant.parse("2026-03-01T10:30:00Z");

    look();
    look();

    assertThat(schedule.getStatus().lastScheduleTime()).isEqualTo("2026-03-01T10:30:00Z");
    assertThat(condition(ConditionType.Stalled).reason()).isEqualTo("RunIncomplete");
    assertThat(condition(ConditionType.Stalled).message()).contains("web: quota exceeded");
    assertThat(events.told).containsExactly("Warning RunFailed");

    children.refusal = null;
    now = Instant.parse("2026-03-01T11:30:00Z");
    look();
    assertThat(condition(ConditionType.Stalled).status()).isEqualTo("False");
  }

  @Test
  void serverThatIsAwayIsAskedAgain() {
    children.refusal = new KubernetesClientException("no route", 503, null);
    now = Instant.parse("2026-03-01T10:30:00Z");

    assertThatThrownBy(this::look).isInstanceOf(KubernetesClientException.class);

    assertThat(schedule.getStatus()).as("nothing is recorded as served").isNull();
  }

  @Test
  void invalidSpecIsToldOnceAndDeletesNothing() {
    schedule = schedule("timeZone: Europe/Atlantis\nretention: {last: 1}");
    exists("a", "2026-03-01T06:30:00Z", Phase.Ready);
    exists("b", "2026-03-01T07:30:00Z", Phase.Ready);

    look();
    look();

    assertThat(condition(ConditionType.Stalled).reason())
        .isEqualTo(ConditionReason.InvalidSpec.name());
    assertThat(events.told).containsExactly("Warning InvalidSpec");
    assertThat(children.deleted).isEmpty();
  }

  @Test
  void secondLookChangesNothing() {
    look();
    now = now.plusSeconds(30);

    assertThat(look().isNoUpdate()).isTrue();
  }

  @Test
  void longNamesStayDistinctAndValid() {
    Instant time = Instant.parse("2026-03-01T10:30:00Z");
    String first = ScheduledSnapshot.name("m".repeat(50), "s".repeat(52), time);
    String second = ScheduledSnapshot.name("m".repeat(50), "s".repeat(51) + "t", time);

    assertThat(first).hasSize(Names.MAX_SNAPSHOT_NAME).matches(Names.DNS_LABEL);
    assertThat(second).hasSize(Names.MAX_SNAPSHOT_NAME).isNotEqualTo(first);
  }

  private UpdateControl<VMSnapshotSchedule> look() {
    ScheduleObservation seen =
        new ScheduleObservation(
            VMSnapshotScheduleRules.check(schedule),
            ScheduleSources.selected(schedule, machines),
            List.copyOf(snapshots));
    UpdateControl<VMSnapshotSchedule> control =
        new VMSnapshotScheduleReconciler(events, Clock.fixed(now, ZoneOffset.UTC))
            .reconcile(schedule, seen, children);
    Optional.of(control)
        .filter(UpdateControl::isPatchStatus)
        .flatMap(UpdateControl::getResource)
        .ifPresent(update -> schedule.setStatus(update.getStatus()));
    return control;
  }

  private Condition condition(ConditionType type) {
    return Conditions.find(schedule.getStatus().conditions(), type).orElseThrow();
  }

  private List<String> applied() {
    return children.applied.stream().map(HasMetadata::getMetadata).map(m -> m.getName()).toList();
  }

  private List<String> deleted() {
    return children.deleted.stream().map(HasMetadata::getMetadata).map(m -> m.getName()).toList();
  }

  private VMSnapshotSchedule copy() {
    return Serialization.clone(schedule);
  }

  private void machine(String name, Map<String, String> labels) {
    VirtualMachine vm = Fixtures.machine();
    vm.getMetadata().setName(name);
    vm.getMetadata().setLabels(labels);
    machines.add(vm);
  }

  private VMSnapshot exists(String name, String time, Phase phase) {
    VMSnapshot snapshot = Fixtures.withPhase(Fixtures.snapshot(name, time), phase);
    snapshot.getMetadata().setLabels(Map.of(Labels.SCHEDULE_NAME, "nightly"));
    snapshot.getMetadata().setAnnotations(Map.of(Annotations.SCHEDULED_TIME, time));
    snapshots.add(snapshot);
    return snapshot;
  }

  private VMSnapshot ofMachine(String machine, VMSnapshot snapshot) {
    snapshots.remove(snapshot);
    VMSnapshot other =
        Serialization.unmarshal(
            Serialization.asYaml(snapshot).replace("vmName: \"web\"", "vmName: " + machine),
            VMSnapshot.class);
    assertThat(other.getSpec().vmName()).isEqualTo(machine);
    return other;
  }

  private static VMSnapshotSchedule schedule(String extraSpec) {
    return Serialization.unmarshal(
        """
        apiVersion: vmsnap.io/v1alpha1
        kind: VMSnapshotSchedule
        metadata: {name: nightly, namespace: demo, uid: uid-of-nightly, generation: 1, creationTimestamp: "2026-03-01T10:00:00Z", resourceVersion: "9"}
        spec:
          schedule: "30 * * * *"
          selector: {matchLabels: {backup: "yes"}}
          template: {description: by night}
        """
            + extraSpec.indent(2),
        VMSnapshotSchedule.class);
  }
}
