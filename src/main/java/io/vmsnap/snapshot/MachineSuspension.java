package io.vmsnap.snapshot;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.MemorySave;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.hypervisor.SavedMemory;
import io.vmsnap.snapshot.CreatePlan.NewFile;
import io.vmsnap.snapshot.CreatePlan.NewMemory;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.journal.Phase;
import io.vmsnap.snapshot.step.CreateFile;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.SuspendTask;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.PowerState;
import io.vmsnap.vmdir.VmsnFile;
import io.vmsnap.vmdir.VmxFile;
import io.vmsnap.vmdir.memory.MemoryFile;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Suspends a running machine: its memory goes to {@code web.vmss}, its configuration names that
 * file, and it is powered off. The next start goes on from there. A machine that is suspended
 * already is left alone.
 */
public final class MachineSuspension {
  private final OperationFrame frame;

  /**
   * @param patience how long to wait for another operation to end
   */
  public MachineSuspension(
      VmStorage storage, VmConnector connector, Clock clock, StopSignal stop, Duration patience) {
    this.frame = new OperationFrame(storage, connector, clock, stop, patience);
  }

  /**
   * @param definition the machine; null for whatever machine the directory holds
   * @throws RefusedException if there is nothing to suspend, or no space; the machine goes on
   * @throws HypervisorException if the memory could not be saved; the machine goes on
   */
  public void run(VmDefinition definition, SuspendTask task) throws IOException, RefusedException {
    frame.run(
        SuspendPlan.OPERATION,
        task.requestId(),
        definition,
        context -> {
          suspend(context, task);
          return null;
        });
  }

  private static void suspend(OperationContext context, SuspendTask task)
      throws IOException, RefusedException {
    DirectoryState state = DirectoryStateReader.read(context.directory());
    String file = SuspendPlan.file(state.vmName());
    Optional<RunningVm> vm = context.connector().connect();
    if (vm.isEmpty()) {
      if (state.vmx().get(VmxFile.RESUME_FROM).filter(file::equals).isPresent()) {
        return; // by an attempt before
      }
      throw new RefusedException(
          TaskReason.MemoryNotAvailable,
          "the machine is powered off and has no memory to keep; power it on first");
    }
    try (RunningVm machine = vm.get()) {
      checkSpace(state, task);
      if (machine.state() != RunState.RUNNING) {
        throw new RefusedException(
            TaskReason.VMBusy, "the guest does not run, so it cannot be suspended; try again");
      }
      save(context, machine, plan(context, state, task, file), state);
    }
  }

  private static void checkSpace(DirectoryState state, SuspendTask task) throws RefusedException {
    long required = CreateDirectoryCheck.memoryBytes(state);
    long free = state.space().freeBytes();
    if (free < required) {
      throw new RefusedException(
          TaskReason.InsufficientSpace,
          "free on the volume: "
              + free
              + " bytes, required for the memory: "
              + required
              + " bytes; grow the volume or delete snapshots");
    }
  }

  private static SuspendPlan plan(
      OperationContext context, DirectoryState state, SuspendTask task, String file) {
    VmxFile vmx = state.vmx().withResume(file, null);
    return new SuspendPlan(
        task.requestId(),
        new NewMemory(file, VmsnFile.memoryOffset(state.vmx().toBytes())),
        new NewFile(vmx.file(), vmx.toBytes()));
  }

  private static void save(
      OperationContext context, RunningVm machine, SuspendPlan plan, DirectoryState state)
      throws IOException, RefusedException {
    VmStorage storage = context.storage();
    Journal journal = new Journal(storage);
    SuspendRecovery recovery = new SuspendRecovery(storage, context.lock());
    JournalEntry entry =
        new JournalEntry(
            SuspendPlan.OPERATION, Phase.SAVING, context.lock().token(), Journal.toJson(plan));
    VmsnFile header =
        CreatePlanner.machineState(state, 0, context.clock().instant(), PowerState.PoweredOn);
    context.lock().check();
    journal.write(entry);
    try {
      context.applyUntilStopped(
          List.of(
              new CreateFile(
                  storage, plan.memory().file(), Math.toIntExact(plan.memory().offset()))),
          0,
          5);
      SavedMemory saved =
          machine.suspend(
              new MemorySave(
                  storage.path(plan.memory().file()),
                  plan.memory().offset(),
                  null,
                  Duration.ZERO,
                  () -> {}, // nobody waits for the guest
                  context.stop().left()),
              MemoryCapture.reporting(context.progress()));
      MemoryFile.complete(
          storage,
          plan.memory().file(),
          header,
          MemoryFile.PRE_COPY,
          saved.qemuVersion(),
          bytes -> {});
      context.lock().check();
      journal.write(entry.withPhase(Phase.SWITCHING));
    } catch (IOException | RefusedException | RuntimeException e) {
      try {
        recovery.rollBack(entry, plan, Optional.of(machine));
      } catch (IOException failure) {
        e.addSuppressed(failure);
      }
      throw e;
    }
    context.progress().report("power off", 95);
    recovery.finish(plan, context.connector());
  }
}
