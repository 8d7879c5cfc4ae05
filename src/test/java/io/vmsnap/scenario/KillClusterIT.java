package io.vmsnap.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.api.v1alpha1.Condition;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.api.v1alpha1.PowerState;
import io.vmsnap.api.v1alpha1.Quiesce;
import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertSpec.Power;
import io.vmsnap.api.v1alpha1.VMSnapshotRevertStatus;
import io.vmsnap.harness.cluster.Cluster;
import io.vmsnap.harness.cluster.ClusterNamespace;
import io.vmsnap.harness.cluster.ClusterTest;
import io.vmsnap.harness.guest.GuestRecords;
import io.vmsnap.harness.machine.DirectoryProcesses;
import io.vmsnap.harness.machine.DiskProof;
import io.vmsnap.harness.machine.Eventually;
import io.vmsnap.harness.machine.Machine;
import io.vmsnap.harness.machine.MachineSpec;
import io.vmsnap.snapshot.DirectoryChecker;
import io.vmsnap.snapshot.DirectoryFinding;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} of job, runner, QEMU and operator at random instants of operations, while the
 * guest writes checksummed records to two disks. After each the operation comes to an end by
 * itself, the guest goes on, and every snapshot reads as it did. {@code -Dvmsnap.kill.minutes=120
 * -Dvmsnap.kill.seed=8} goes on for hours with other instants.
 */
@ClusterTest
class KillClusterIT {
  private static final long SEED = Long.getLong("vmsnap.kill.seed", 7);
  private static final long MINUTES = Long.getLong("vmsnap.kill.minutes", 0);

  /** From the job's first sign of life: some of these instants come before its work, some after. */
  private static final int WINDOW_MILLIS = 1500;

  private enum Act {
    TAKE,
    TAKE_MEMORY,
    REVERT,
    DELETE
  }

  private enum Victim {
    JOB,
    RUNNER,
    QEMU,
    OPERATOR
  }

  @TempDir Path work;
  private Cluster cluster;
  private Machine machine;
  private SnapshotStates states;
  private int rounds;
  private int killed;
  private int compared;

  @Test
  void nothingIsLostWhoeverIsKilled(Cluster cluster, ClusterNamespace namespace) throws Exception {
    this.cluster = cluster;
    Random random = new Random(SEED);
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(MINUTES);
    int number = 0;
    boolean done = false;
    try {
      do {
        number++;
        oneMachine("web-" + number, namespace.name(), random);
      } while (System.nanoTime() - end < 0);
      done = true;
    } finally {
      System.out.printf(
          "KillClusterIT: seed %d, %d rounds, %d processes killed, %d states compared, %s failures%n",
          SEED, rounds, killed, compared, done ? "0" : "at least 1");
    }
    assertThat(killed).isPositive();
  }

  /**
   * A machine that dies again and again is restarted more and more slowly: a new one is quicker.
   */
  private void oneMachine(String name, String namespace, Random random) throws Exception {
    MachineSpec spec =
        MachineSpec.writer(name, cluster.guestImageClass().orElseThrow()).withDisks(2);
    machine = Machine.apply(cluster, namespace, spec);
    machine.awaitRunning();
    machine.awaitRecords(10);
    states = new SnapshotStates(machine, work);
    states.take("first");
    machine.awaitRecords(machine.console().records() + 5);
    states.take("second");
    List<Victim> victims = new ArrayList<>(List.of(Victim.values()));
    Collections.shuffle(victims, random);
    List<Act> acts = new ArrayList<>(List.of(Act.values()));
    Collections.shuffle(acts, random);
    for (int i = 0; i < acts.size(); i++) {
      round(acts.get(i), victims.get(i), random);
    }
    machine.apply(spec.with(PowerState.PoweredOff));
    machine.awaitPoweredOff();
    assertStates("powered off");
    assertSound();
    machine.delete();
  }

  private void round(Act act, Victim victim, Random random) throws Exception {
    rounds++;
    String name = "s" + rounds;
    String where = "round %d: %s, %s killed".formatted(rounds, act, victim);
    System.out.println("KillClusterIT: " + where);
    List<String> known = List.copyOf(states.names());
    String other = known.get(random.nextInt(known.size()));
    int synced = machine.console().records();
    long delay = random.nextInt(WINDOW_MILLIS);
    switch (act) {
      case TAKE -> machine.snapshot(name, null);
      case TAKE_MEMORY -> machine.snapshot(name, true, Quiesce.Policy.None);
      case REVERT -> machine.revert(name, other, Power.PoweredOn, false);
      case DELETE -> cluster.client().resource(machine.getSnapshot(other)).delete();
    }
    kill(victim, delay);
    switch (act) {
      case TAKE, TAKE_MEMORY -> taken(name, synced, where);
      case REVERT -> awaitRevertEnded(name);
      case DELETE -> {
        awaitGone(other);
        states.forget(other);
      }
    }
    awaitWriting(where);
    assertStates(where);
  }

  private void kill(Victim victim, long delayMillis) throws Exception {
    DirectoryProcesses processes = new DirectoryProcesses(machine.directory());
    if (victim != Victim.OPERATOR) {
      long end = System.nanoTime() + Machine.PATIENCE.toNanos();
      while (processes.jobs().isEmpty() && System.nanoTime() - end < 0) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      }
    }
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(delayMillis));
    List<ProcessHandle> found =
        switch (victim) {
          case JOB -> processes.jobs();
          case RUNNER -> processes.runner();
          case QEMU -> processes.qemu();
          case OPERATOR -> List.of();
        };
    found.forEach(ProcessHandle::destroyForcibly);
    killed += found.size();
    if (victim == Victim.OPERATOR) {
      cluster.operator().kill();
      cluster.operator().start();
      killed++;
    }
  }

  /** It exists with all that had been synced, or has failed and left no trace. */
  private void taken(String name, int synced, String where) throws Exception {
    Eventually.holds(
        where + ": the snapshot is there or has failed",
        Machine.PATIENCE,
        () -> isReady(name) || hasFailed(name),
        () -> machine.getSnapshot(name) + "\n" + machine.get().getStatus());
    if (isReady(name)) {
      states.keep(name);
      GuestRecords records = states.records(name);
      assertThat(records.count()).as(where).isGreaterThanOrEqualTo(synced);
    } else {
      System.out.println("KillClusterIT: " + where + ": the snapshot failed, as it may");
      cluster.client().resource(machine.getSnapshot(name)).delete();
      awaitGone(name);
    }
  }

  private boolean isReady(String name) {
    VMSnapshot snapshot = machine.getSnapshot(name);
    return snapshot.getStatus() != null && Boolean.TRUE.equals(snapshot.getStatus().readyToUse());
  }

  private boolean hasFailed(String name) {
    VMSnapshot snapshot = machine.getSnapshot(name);
    return snapshot.getStatus() != null
        && snapshot.getStatus().conditions().stream()
            .filter(c -> c.hasType(ConditionType.Stalled))
            .anyMatch(Condition::holds);
  }

  private void awaitRevertEnded(String name) throws Exception {
    Eventually.holds(
        "revert " + name + " has ended",
        Machine.PATIENCE,
        () ->
            machine.getRevert(name).getStatus() != null
                && (machine.getRevert(name).getStatus().phase()
                        == VMSnapshotRevertStatus.Phase.Succeeded
                    || machine.getRevert(name).getStatus().phase()
                        == VMSnapshotRevertStatus.Phase.Failed),
        () -> machine.getRevert(name) + "\n" + machine.get().getStatus());
  }

  private void awaitGone(String name) throws Exception {
    Eventually.holds(
        "snapshot " + name + " is gone",
        Machine.PATIENCE,
        () -> machine.getSnapshot(name) == null,
        () -> machine.getSnapshot(name) + "\n" + machine.get().getStatus());
  }

  /**
   * The guest goes on by itself. Its count falls when it returns to an earlier state, and the
   * console begins anew with a new pod.
   */
  private void awaitWriting(String where) throws Exception {
    machine.awaitRunning();
    int[] lowest = {Integer.MAX_VALUE};
    Eventually.holds(
        where + ": the guest writes",
        Machine.PATIENCE,
        () -> {
          int now = machine.console().records();
          lowest[0] = Math.min(lowest[0], now);
          return now > lowest[0];
        },
        () -> machine.get().getStatus() + "\n" + machine.console().text());
  }

  private void assertStates(String where) throws Exception {
    states.assertLeft(states.names().toArray(String[]::new));
    compared += states.names().size();
    assertThat(states.names()).as(where).isNotEmpty(); // two at first, and one deletion
  }

  /** All disks of the machine that is off, as the guest would find them, and all files. */
  private void assertSound() throws Exception {
    try (VmStorage storage = new LocalStorage(machine.directory())) {
      assertThat(DirectoryChecker.check(storage, false))
          .noneMatch(f -> f.severity() == DirectoryFinding.Severity.ERROR);
      List<VmDisk> disks = VmDirectory.open(storage).disks();
      GuestRecords records =
          new DiskProof(machine.directory())
              .records(
                  disks.getFirst().active().fileName(), disks.get(1).active().fileName(), work);
      compared++;
      assertThat(records.count()).isPositive();
    }
  }
}
