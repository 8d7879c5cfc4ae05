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
    Taken taken = Taken.BEFORE;
    DiskLayers.of(context.directory()); // refuses damaged and foreign disks
    DirectoryState before = DirectoryStateReader.read(context.directory());
    if (served.isEmpty()) {
      Optional<RunningVm> vm = context.connector().connect();
      try {
        taken = take(task, before, vm, context);
      } finally {
        vm.ifPresent(RunningVm::close);
      }
    }
    return new ResultReader(context.storage(), context.clock())
        .read(
            task.requestId(),
            CreateDirectoryCheck.requiredBytes(before, task),
            taken,
            context.elapsed());
  }

  private static Optional<SnapshotEntry> servedBefore(
      VmDirectory directory, CreateSnapshotTask task) {
    return directory.vmsd().snapshots().stream()
        .filter(s -> s.property(SnapshotEntry.REQUEST_ID).equals(Optional.of(task.requestId())))
        .findFirst();
  }

  private static Taken take(
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
    Quiescing quiescing = null;
    try {
      context.applyUntilStopped(CreateSteps.prepare(storage, plan), 5, 45);
      lock.check();
      quiescing = Quiescing.begin(task, vm.isPresent(), context.connector());
      // What may turn out not to be what was asked for must not be brought forward.
      boolean mayBreak = task.memory() || quiescing.isRequired();
      if (quiescing.result() != null) {
        // Should the job not live to tell, the history does.
        plan = plan.withQuiesce(null, quiescing.untilThawed());
        entry = entry.withPlan(Journal.toJson(plan));
      }
      journal.write(entry.withPhase(mayBreak ? Phase.SAVING : Phase.SWITCHING));
    } catch (IOException | RefusedException | RuntimeException e) {
      if (quiescing != null) {
        quiescing.close();
      }
      takeBack(recovery, plan, e);
      throw e;
    }
    // From here on a stop is no longer heeded: going on is the shortest way to a whole directory.
    context.progress().report("switch disks", 45);
    Duration stun = null;
    try (Quiescing frozen = quiescing) {
      stun = change(task, before, vm, new Change(plan, entry, recovery, now, method), context);
      frozen.thaw();
      if (frozen.isBroken()) {
        throw recovery.refuse(entry, plan, vm.orElseThrow(), frozen);
      }
      plan = frozen.quiesced() ? recovery.record(entry, plan, frozen) : plan;
      recovery.finish(plan, context.progress());
      return new Taken(stun, frozen.result(), frozen.freezeMillis());
    }
  }

  /**
   * The moment itself.
   *
   * @param now of the snapshot
   * @param method how memory is to be saved; null for the best way
   */
  private record Change(
      CreatePlan plan,
      JournalEntry entry,
      CreateRecovery recovery,
      Instant now,
      MemoryMethod method) {}

  /** Returns the stun; null for a machine that is off. */
  private static Duration change(
      CreateSnapshotTask task,
      DirectoryState before,
      Optional<RunningVm> vm,
      Change change,
      OperationContext context)
      throws IOException, RefusedException {
    if (task.memory()) {
      VmsnFile state =
          CreatePlanner.machineState(
              before, change.plan().uid(), change.now(), PowerState.PoweredOn);
      MemoryCapture capture = new MemoryCapture(context, change.plan(), state);
      return change
          .recovery()
          .saveMemory(change.entry(), capture, vm.orElseThrow(), change.method())
          .stun();
    }
    return vm.isPresent()
        ? change.recovery().switchDisks(change.entry(), change.plan(), vm.get())
        : null;
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
