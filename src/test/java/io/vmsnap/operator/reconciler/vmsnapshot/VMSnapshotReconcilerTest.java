package io.vmsnap.operator.reconciler.vmsnapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotSpec;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Phase;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.operator.FakeChildren;
import io.vmsnap.operator.FakeEvents;
import io.vmsnap.operator.Fixtures;
import io.vmsnap.operator.status.Conditions;
import io.vmsnap.task.SnapshotResult;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The loop on one snapshot, with what it would see at each look. */
class VMSnapshotReconcilerTest {
  private static final JobObservation ABSENT = new JobObservation.Absent();

  private final FakeChildren children = new FakeChildren();
  private final FakeEvents events = new FakeEvents();
  private final VMSnapshot snapshot = Fixtures.snapshot("first", "2026-03-01T09:59:00Z");
  private Instant now = Fixtures.NOW;

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
    look(running(), new JobObservation.Made(result(4, 2L)));

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

    look(running(), new JobObservation.Made(result(1, null)));

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
    snapshot.setSpec(new VMSnapshotSpec("web", "before", true, null, null));
    look(running(), ABSENT);

    assertThat(children.applied).isEmpty();
    assertThat(condition(ConditionType.Stalled))
        .extracting(Condition::status, Condition::reason)
        .containsExactly("True", "InvalidSpec");
  }

  @Test
  void descriptionMayChange() {
    look(running(), ABSENT);
    snapshot.setSpec(new VMSnapshotSpec("web", "after", null, null, null));
    look(running(), ABSENT);

    assertThat(children.applied).hasSize(1);
  }

  @Test
  void memoryAndQuiescingAreToldAsTheJobSawThem() {
    look(running(), ABSENT);
    look(
        running(),
        new JobObservation.Made(
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
    look(running(), new JobObservation.Made(result(1, null)));
    Job job = new Job();
    look(running(), ABSENT, Optional.of(job));
    assertThat(children.deleted).isEmpty();

    now = now.plus(Duration.ofMinutes(11));
    look(running(), ABSENT, Optional.of(job));

    assertThat(children.deleted).containsExactly(job);
  }

  private UpdateControl<VMSnapshot> look(Optional<VirtualMachine> vm, JobObservation outcome) {
    return look(vm, outcome, Optional.empty());
  }

  /** One look; what it writes is what the next one finds. */
  private UpdateControl<VMSnapshot> look(
      Optional<VirtualMachine> vm, JobObservation outcome, Optional<Job> job) {
    VMSnapshotReconciler reconciler =
        new VMSnapshotReconciler(Fixtures.CONFIG, events, Clock.fixed(now, ZoneOffset.UTC));
    SnapshotObservation seen =
        new SnapshotObservation(
            VMSnapshotRules.check(snapshot), vm, List.of(snapshot), job, outcome);
    UpdateControl<VMSnapshot> control = reconciler.reconcile(snapshot, seen, children);
    control.getResource().ifPresent(patch -> snapshot.setStatus(patch.getStatus()));
    return control;
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
