package io.vmsnap.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.Labels;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotSchedule;
import io.vmsnap.api.v1alpha1.VMSnapshotScheduleStatus;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Phase;
import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.cluster.ClusterNamespace;
import io.vmsnap.harness.cluster.ClusterTest;
import io.vmsnap.harness.machine.Eventually;
import io.vmsnap.harness.machine.Kubectl;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A schedule on a real API server. Nobody waits for a time to come: the schedule is made for times
 * of the last hour and told that it served none since, so that they are due at once. Each comes
 * round once a year, so that no other comes up meanwhile.
 */
@ClusterTest
class ScheduleClusterIT {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final DateTimeFormatter NAME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmm");

  private static final String MACHINE =
      """
      apiVersion: vmsnap.io/v1alpha1
      kind: VirtualMachine
      metadata: {name: web, labels: {backup: nightly}}
      spec:
        powerState: PoweredOff
        directory: {claimTemplate: {size: 1Gi}}
        disks: [{name: data, size: 64Mi}]
      """;

  private static final String SCHEDULE =
      """
      apiVersion: vmsnap.io/v1alpha1
      kind: VMSnapshotSchedule
      metadata: {name: nightly}
      spec:
        schedule: "%s"
        suspend: %s
        selector: {matchLabels: {backup: nightly}}
        template: {description: by night}
        retention: {last: 1}
      """;

  @TempDir Path folder;
  private Cluster cluster;
  private String namespace;
  private Kubectl kubectl;

  @Test
  void missedTimesAreServedOldSnapshotsGoAndSuspensionHolds(
      Cluster shared, ClusterNamespace namespaceOfTest) throws Exception {
    cluster = shared;
    namespace = namespaceOfTest.name();
    kubectl = new Kubectl(cluster, namespace);
    ZonedDateTime now = ZonedDateTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MINUTES);
    ZonedDateTime first = now.minusMinutes(40);
    ZonedDateTime second = now.minusMinutes(30);
    ZonedDateTime third = now.minusMinutes(20);
    apply(MACHINE);

    // suspended, it takes nothing, although a time is due
    apply(SCHEDULE.formatted(cron(now.minusMinutes(50)), true));
    await("suspended", ScheduleClusterIT::isSuspended);
    servedNothingSince(now.minusMinutes(55).toInstant());
    apply(SCHEDULE.formatted(cron(first), true));
    await("suspended, of the new spec", ScheduleClusterIT::isSuspended);
    assertThat(snapshots()).isEmpty();

    // released, it makes up for the last missed time
    apply(SCHEDULE.formatted(cron(first), false));
    awaitOnly(first);

    // the next one is taken, and the first is not kept
    apply(SCHEDULE.formatted(cron(second), false));
    awaitOnly(second);
    await(
        "second time noted",
        schedule ->
            second.toInstant().toString().equals(schedule.getStatus().lastScheduleTime())
                && Integer.valueOf(1).equals(schedule.getStatus().kept()));
    Eventually.holds(
        "events tell of both",
        LIMIT,
        () -> {
          String events = kubectl.output("get", "events");
          return events.contains("SnapshotsScheduled") && events.contains("SnapshotsExpired");
        },
        () -> "no such events");

    // suspended again, what is there stays, and nothing comes
    apply(SCHEDULE.formatted(cron(third), true));
    await("suspended again", ScheduleClusterIT::isSuspended);
    assertThat(snapshots())
        .extracting(snapshot -> snapshot.getMetadata().getName())
        .containsExactly(nameOf(second));
    assertThat(kubectl.output("get", "vmsched")).contains("nightly");
  }

  /** The minute, hour, day and month: once a year. */
  private static String cron(ZonedDateTime time) {
    return "%d %d %d %d *"
        .formatted(time.getMinute(), time.getHour(), time.getDayOfMonth(), time.getMonthValue());
  }

  private static String nameOf(ZonedDateTime time) {
    return "web-nightly-" + NAME.format(time);
  }

  /** As if the schedule were older than it is. */
  private void servedNothingSince(Instant time) {
    cluster
        .client()
        .resources(VMSnapshotSchedule.class)
        .inNamespace(namespace)
        .withName("nightly")
        .editStatus(
            schedule -> {
              var old = schedule.getStatus();
              schedule.setStatus(
                  new VMSnapshotScheduleStatus(
                      old.observedGeneration(),
                      old.conditions(),
                      time.toString(),
                      old.lastSuccessfulTime(),
                      old.lastMissedTime(),
                      old.nextScheduleTime(),
                      old.machines(),
                      old.active(),
                      old.kept()));
              return schedule;
            });
  }

  private void awaitOnly(ZonedDateTime time) throws Exception {
    Eventually.holds(
        nameOf(time) + " is Ready, and the only one",
        LIMIT,
        () -> {
          List<VMSnapshot> found = snapshots();
          return found.size() == 1
              && found.getFirst().getMetadata().getName().equals(nameOf(time))
              && found.getFirst().getStatus() != null
              && found.getFirst().getStatus().phase() == Phase.Ready;
        },
        () -> "there are " + snapshots());
  }

  /** Until the operator has answered the last spec in this way. */
  private void await(String what, Predicate<VMSnapshotSchedule> as) throws Exception {
    Eventually.holds(
        "schedule nightly: " + what,
        LIMIT,
        () -> {
          VMSnapshotSchedule schedule = schedule();
          return schedule.getStatus() != null
              && schedule
                  .getMetadata()
                  .getGeneration()
                  .equals(schedule.getStatus().observedGeneration())
              && as.test(schedule);
        },
        () -> String.valueOf(schedule()));
  }

  private static boolean isSuspended(VMSnapshotSchedule schedule) {
    return schedule.getStatus().conditions().stream()
        .filter(condition -> condition.hasType(ConditionType.Ready))
        .anyMatch(condition -> condition.reason().equals(ConditionReason.ScheduleSuspended.name()));
  }

  private VMSnapshotSchedule schedule() {
    return cluster
        .client()
        .resources(VMSnapshotSchedule.class)
        .inNamespace(namespace)
        .withName("nightly")
        .get();
  }

  private List<VMSnapshot> snapshots() {
    return cluster
        .client()
        .resources(VMSnapshot.class)
        .inNamespace(namespace)
        .withLabel(Labels.SCHEDULE_NAME, "nightly")
        .list()
        .getItems();
  }

  private void apply(String manifest) throws Exception {
    Path file = Files.writeString(folder.resolve("manifest.yaml"), manifest);
    kubectl.output("apply", "--server-side", "-f", file.toString());
  }
}
