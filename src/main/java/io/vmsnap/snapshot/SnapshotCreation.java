package io.vmsnap.snapshot;

import io.vmsnap.hypervisor.MemoryMethod;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.journal.Phase;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.SnapshotResult;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.PowerState;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmsnFile;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Takes a snapshot of a VM directory: recovers what an earlier operation left, plans, makes the new
 * deltas, switches the machine to them if it runs, and records the snapshot. A request that was
 * served before is answered again without a second snapshot.
 */
public final class SnapshotCreation {
  private final OperationFrame frame;

  /**
   * @param patience how long to wait for another operation to end
   */
  public SnapshotCreation(
      VmStorage storage, VmConnector connector, Clock clock, StopSignal stop, Duration patience) {
    this.frame = new OperationFrame(storage, connector, clock, stop, patience);
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
    return frame.run(
        CreatePlan.OPERATION, task.requestId(), definition, context -> run(context, task));
  }

  private static SnapshotResult run(OperationContext context, CreateSnapshotTask task)
      throws IOException, RefusedException {
    Optional<SnapshotEntry> served = servedBefore(context.directory(), task);
    Duration stun = null;
    DiskLayers.of(context.directory()); // refuses damaged and foreign disks
    DirectoryState before = DirectoryStateReader.read(context.directory());
    if (served.isEmpty()) {
      Optional<RunningVm> vm = context.connector().connect();
      try {
        stun = take(task, before, vm, context);
      } finally {
        vm.ifPresent(RunningVm::close);
      }
    }
    return new ResultReader(context.storage(), context.clock())
        .read(
            task.requestId(),
            CreateDirectoryCheck.requiredBytes(before, task),
            stun,
            context.elapsed());
  }

  private static Optional<SnapshotEntry> servedBefore(
      VmDirectory directory, CreateSnapshotTask task) {
    return directory.vmsd().snapshots().stream()
        .filter(s -> s.property(SnapshotEntry.REQUEST_ID).equals(Optional.of(task.requestId())))
        .findFirst();
  }

  /** Returns the stun; null for a machine that is off. */
  private static Duration take(
      CreateSnapshotTask task,
      DirectoryState before,
      Optional<RunningVm> vm,
      OperationContext context)
      throws IOException, RefusedException {
    VmStorage storage = context.storage();
    OperationLock lock = context.lock();
    PowerState power = vm.isPresent() ? PowerState.PoweredOn : PowerState.PoweredOff;
    MemoryMethod method = MemoryCapture.method(task);
    Instant now = context.clock().instant();
    CreatePlan plan = CreatePlanner.plan(before, task, power, now);
    if (vm.isPresent()) {
      checkRunState(vm.get());
      new SwitchDisks(storage, plan.deltas()).checkBefore(vm.get());
    }
    Journal journal = new Journal(storage);
    JournalEntry entry =
        new JournalEntry(CreatePlan.OPERATION, Phase.PREPARING, lock.token(), Journal.toJson(plan));
    CreateRecovery recovery = new CreateRecovery(storage, lock);
    lock.check();
    journal.write(entry);
    try {
      context.applyUntilStopped(CreateSteps.prepare(storage, plan), 5, 45);
      lock.check();
      journal.write(entry.withPhase(task.memory() ? Phase.SAVING : Phase.SWITCHING));
    } catch (IOException | RefusedException | RuntimeException e) {
      takeBack(recovery, plan, e);
      throw e;
    }
    // From here on a stop is no longer heeded: going on is the shortest way to a whole directory.
    context.progress().report("switch disks", 45);
    Duration stun = null;
    if (task.memory()) {
      VmsnFile state = CreatePlanner.machineState(before, plan.uid(), now, power);
      MemoryCapture capture = new MemoryCapture(context, plan, state);
      stun = recovery.saveMemory(entry, capture, vm.orElseThrow(), method).stun();
    } else if (vm.isPresent()) {
      stun = recovery.switchDisks(entry, plan, vm.get());
    }
    recovery.finish(plan, context.progress());
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

  /**
   * Undoes the plan after a failure in its preparation. If that fails too, the journal stays and
   * the next operation does it.
   */
  private static void takeBack(CreateRecovery recovery, CreatePlan plan, Exception cause) {
    try {
      recovery.rollBack(plan);
    } catch (IOException failure) {
      cause.addSuppressed(failure);
    }
  }
}
