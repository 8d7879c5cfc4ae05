package io.vmsnap.snapshot;

import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.journal.Phase;
import io.vmsnap.snapshot.step.ReversibleStep;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.SnapshotResult;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.DirectoryPreparer;
import io.vmsnap.vmdir.NotPreparableException;
import io.vmsnap.vmdir.PowerState;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Takes a snapshot of a VM directory: recovers what an earlier operation left, plans, makes the new
 * deltas, switches the machine to them if it runs, and records the snapshot. A request that was
 * served before is answered again without a second snapshot.
 */
public final class SnapshotCreation {
  private static final Duration POLL = Duration.ofMillis(100);

  private final VmStorage storage;
  private final VmConnector connector;
  private final Clock clock;
  private final StopSignal stop;
  private final Duration patience;

  /**
   * @param patience how long to wait for another operation to end
   */
  public SnapshotCreation(
      VmStorage storage, VmConnector connector, Clock clock, StopSignal stop, Duration patience) {
    this.storage = storage;
    this.connector = connector;
    this.clock = clock;
    this.stop = stop;
    this.patience = patience;
  }

  /**
   * @param definition the machine; its directory is prepared if it was never started. Null for
   *     whatever machine the directory holds
   * @throws RefusedException if the request cannot be served; the directory is as it was
   * @throws io.vmsnap.hypervisor.HypervisorException if the machine did not do its part; the
   *     directory is as it was, or, if the outcome is unknown, is brought forward by the next
   *     operation
   * @throws IOException if the storage failed; the directory is as it was, or is recovered by the
   *     next operation
   */
  public SnapshotResult run(VmDefinition definition, CreateSnapshotTask task)
      throws IOException, RefusedException {
    long begin = System.nanoTime();
    try (OperationLock lock = acquire();
        ProgressFile progress =
            new ProgressFile(storage, task.requestId(), CreatePlan.OPERATION, clock.instant())) {
      progress.report("check", 0);
      new Recovery(storage, lock).recover(connector);
      VmDirectory directory = open(definition);
      Optional<SnapshotEntry> served = servedBefore(directory, task);
      Duration stun = null;
      DiskLayers.of(directory); // refuses damaged and foreign disks
      DirectoryState before = DirectoryStateReader.read(directory);
      if (served.isEmpty()) {
        Optional<RunningVm> vm = connector.connect();
        try {
          stun = take(task, before, vm, lock, progress);
        } finally {
          vm.ifPresent(RunningVm::close);
        }
      }
      return new ResultReader(storage, clock)
          .read(
              task.requestId(),
              CreateDirectoryCheck.requiredBytes(before, task.reservePercent()),
              stun,
              Duration.ofNanos(System.nanoTime() - begin));
    }
  }

  private OperationLock acquire() throws IOException, RefusedException {
    long begin = System.nanoTime();
    while (true) {
      stop.check();
      Optional<OperationLock> lock = OperationLock.tryAcquire(storage);
      if (lock.isPresent()) {
        return lock.get();
      }
      if (System.nanoTime() - begin >= patience.toNanos()) {
        throw new RefusedException(
            TaskReason.VMBusy,
            "another operation works on the directory, or the machine is starting or stopping; try"
                + " again");
      }
      try {
        stop.await(POLL);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        stop.request();
      }
    }
  }

  private VmDirectory open(VmDefinition definition) throws IOException, RefusedException {
    if (definition == null) {
      return VmDirectory.open(storage);
    }
    try {
      VmDirectory directory =
          storage.exists(definition.name() + ".vmx")
              ? VmDirectory.open(storage)
              : new DirectoryPreparer(storage, definition).prepare();
      if (directory.name().equals(definition.name())) {
        return directory;
      }
      throw new RefusedException(
          TaskReason.InvalidRequest,
          "the directory holds the machine " + directory.name() + ", not " + definition.name());
    } catch (NotPreparableException e) {
      throw new RefusedException(e.reason(), e.getMessage(), e);
    }
  }

  private static Optional<SnapshotEntry> servedBefore(
      VmDirectory directory, CreateSnapshotTask task) {
    return directory.vmsd().snapshots().stream()
        .filter(s -> s.property(SnapshotEntry.REQUEST_ID).equals(Optional.of(task.requestId())))
        .findFirst();
  }

  /** Returns the stun; null for a machine that is off. */
  private Duration take(
      CreateSnapshotTask task,
      DirectoryState before,
      Optional<RunningVm> vm,
      OperationLock lock,
      Progress progress)
      throws IOException, RefusedException {
    PowerState power = vm.isPresent() ? PowerState.PoweredOn : PowerState.PoweredOff;
    CreatePlan plan = CreatePlanner.plan(before, task, power, clock.instant());
    if (vm.isPresent()) {
      checkRunState(vm.get());
      new SwitchDisks(storage, plan.deltas()).checkBefore(vm.get());
    }
    Journal journal = new Journal(storage);
    JournalEntry entry =
        new JournalEntry(CreatePlan.OPERATION, Phase.PREPARING, lock.token(), Journal.toJson(plan));
    Recovery recovery = new Recovery(storage, lock);
    lock.check();
    journal.write(entry);
    try {
      prepare(plan, lock, progress);
      lock.check();
      journal.write(entry.withPhase(Phase.SWITCHING));
    } catch (IOException | RefusedException | RuntimeException e) {
      takeBack(recovery, plan, e);
      throw e;
    }
    // From here on a stop is no longer heeded: going on is the shortest way to a whole directory.
    progress.report("switch disks", 45);
    Duration stun = null;
    if (vm.isPresent()) {
      stun = recovery.switchDisks(entry, plan, vm.get());
    }
    recovery.finish(plan, progress);
    return stun;
  }

  private static void checkRunState(RunningVm vm) throws IOException, RefusedException {
    RunState state = vm.state();
    switch (state) {
      case RUNNING, PAUSED -> {}
      case IO_ERROR ->
          throw new RefusedException(
              TaskReason.VMBusy,
              "the machine is stopped because a write to its disk failed; free space on the volume"
                  + " so that it can go on");
      case OTHER ->
          throw new RefusedException(
              TaskReason.VMBusy, "the machine is starting, stopping or migrating; try again");
    }
  }

  private void prepare(CreatePlan plan, OperationLock lock, Progress progress)
      throws IOException, RefusedException {
    List<ReversibleStep> steps = CreateSteps.prepare(storage, plan);
    for (int i = 0; i < steps.size(); i++) {
      stop.check();
      progress.report(steps.get(i).description(), 5 + 40 * i / steps.size());
      lock.check();
      steps.get(i).apply();
    }
    stop.check();
  }

  /**
   * Undoes the plan after a failure in its preparation. If that fails too, the journal stays and
   * the next operation does it.
   */
  private static void takeBack(Recovery recovery, CreatePlan plan, Exception cause) {
    try {
      recovery.rollBack(plan);
    } catch (IOException failure) {
      cause.addSuppressed(failure);
    }
  }
}
