package io.vmsnap.snapshot;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.MemoryMethod;
import io.vmsnap.hypervisor.MemorySaveException;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.hypervisor.SavedMemory;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.journal.Phase;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.TaskReason;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Ends the taking of a snapshot: by the operation itself, or after it was cut off. */
final class CreateRecovery implements OperationRecovery {
  /** Less than a delta grows by at a time. */
  private static final long FULL_BYTES = 16 << 20;

  private final VmStorage storage;
  private final OperationLock lock;
  private final Journal journal;

  CreateRecovery(VmStorage storage, OperationLock lock) {
    this.storage = storage;
    this.lock = lock;
    this.journal = new Journal(storage);
  }

  @Override
  public Recovery.Outcome recover(JournalEntry entry, VmConnector vm) throws IOException {
    CreatePlan plan = Journal.plan(entry, CreatePlan.class);
    return switch (entry.phase()) {
      case PREPARING, ROLLING_BACK -> {
        rollBack(plan);
        yield Recovery.Outcome.ROLLED_BACK;
      }
      case SWITCHING, PROMOTING -> {
        rollForward(entry, plan, vm);
        yield Recovery.Outcome.ROLLED_FORWARD;
      }
      case SAVING -> {
        giveUp(entry, plan, vm);
        yield Recovery.Outcome.ROLLED_BACK;
      }
    };
  }

  private void giveUp(JournalEntry entry, CreatePlan plan, VmConnector connector)
      throws IOException {
    Optional<RunningVm> vm = connector.connect();
    try {
      if (vm.isPresent()) {
        giveUp(entry, plan, vm.get());
      } else {
        giveUpOff(entry, plan);
      }
    } finally {
      vm.ifPresent(RunningVm::close);
    }
  }

  /**
   * The snapshot cannot be what was asked for: the machine goes on with its old disks and all it
   * has written.
   */
  private void giveUp(JournalEntry entry, CreatePlan plan, RunningVm vm) throws IOException {
    lock.check();
    new AbandonedCapture(storage, plan).leave(vm);
    lock.check();
    journal.write(entry.withPhase(Phase.ROLLING_BACK));
    rollBack(plan);
  }

  /** The machine has ended meanwhile: what its guest wrote last goes back too. */
  private void giveUpOff(JournalEntry entry, CreatePlan plan) throws IOException {
    lock.check();
    new AbandonedCapture(storage, plan).leaveOff();
    lock.check();
    journal.write(entry.withPhase(Phase.ROLLING_BACK));
    rollBack(plan);
  }

  /**
   * Saves memory and switches the disks; the snapshot is to be brought forward from then on. If
   * that fails, all is taken back, what the guest wrote meanwhile kept; if the machine does not
   * answer, the next operation does it.
   */
  SavedMemory saveMemory(
      JournalEntry entry, MemoryCapture capture, RunningVm vm, MemoryMethod method)
      throws IOException, RefusedException {
    CreatePlan plan = capture.plan();
    try {
      SavedMemory saved = capture.run(vm, method);
      lock.check();
      journal.write(entry.withPhase(Phase.SWITCHING));
      return saved;
    } catch (IOException e) {
      long free = storage.space().freeBytes();
      if (!(e instanceof HypervisorException h && isUnknown(h))) {
        try {
          giveUp(entry, plan, vm);
        } catch (IOException failure) {
          e.addSuppressed(failure);
        }
      }
      if (free < FULL_BYTES) {
        throw new RefusedException(
            TaskReason.InsufficientSpace,
            "the volume had only "
                + free
                + " bytes left while the memory was written to "
                + plan.memory().file()
                + ", which was deleted: "
                + e.getMessage(),
            e);
      }
      throw e;
    }
  }

  /**
   * Gives up a snapshot that was to be quiesced and was not, although the disks have switched.
   *
   * @return what to throw
   */
  RefusedException refuse(JournalEntry entry, CreatePlan plan, RunningVm vm, Quiescing quiescing)
      throws IOException {
    lock.check();
    journal.write(entry.withPhase(Phase.SAVING));
    giveUp(entry, plan, vm);
    return new RefusedException(
        TaskReason.ThawedEarly, quiescing.result().message() + ", and quiescing is required");
  }

  /** The plan with the history telling that the guest was quiesced, durable in the journal. */
  CreatePlan record(JournalEntry entry, CreatePlan plan, Quiescing quiescing) throws IOException {
    CreatePlan changed = plan.withQuiesce("FileSystem", quiescing.result().reason());
    lock.check();
    journal.write(entry.withPlan(Journal.toJson(changed)).withPhase(Phase.SWITCHING));
    return changed;
  }

  /** A saving that failed while the machine lives tells what it did, whatever else is not known. */
  private static boolean isUnknown(HypervisorException e) {
    return e.isOutcomeUnknown() && !(e instanceof MemorySaveException);
  }

  /** Deletes what the plan made; only while nothing uses it. */
  void rollBack(CreatePlan plan) throws IOException {
    new Steps(lock).undoAll(CreateSteps.prepare(storage, plan));
    lock.check();
    journal.remove();
  }

  private void rollForward(JournalEntry entry, CreatePlan plan, VmConnector connector)
      throws IOException {
    Optional<RunningVm> vm = connector.connect();
    try {
      if (vm.isPresent()) {
        switchDisks(entry, plan, vm.get());
      }
    } finally {
      vm.ifPresent(RunningVm::close);
    }
    finish(plan, Progress.NONE);
  }

  /**
   * Makes the machine write to the deltas. If it refuses and shows that it uses none of them, all
   * is taken back; if it cannot say, the journal stays and the next operation goes forward.
   *
   * @return the stun
   */
  Duration switchDisks(JournalEntry entry, CreatePlan plan, RunningVm vm) throws IOException {
    SwitchDisks switchDisks = new SwitchDisks(storage, plan.deltas());
    try {
      return switchDisks.apply(vm);
    } catch (HypervisorException e) {
      if (!e.isOutcomeUnknown()) {
        try {
          switchDisks.checkBefore(vm);
          lock.check();
          journal.write(entry.withPhase(Phase.ROLLING_BACK));
          rollBack(plan);
        } catch (IOException failure) {
          e.addSuppressed(failure);
        }
      }
      throw e;
    }
  }

  /** All that follows the switch. */
  void finish(CreatePlan plan, Progress progress) throws IOException {
    new Steps(lock).applyAll(CreateSteps.finish(storage, plan), progress, 50, 100);
    lock.check();
    journal.remove();
  }
}
