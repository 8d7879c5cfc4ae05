package io.vmsnap.snapshot;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.journal.Phase;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Ends the taking of a snapshot: by the operation itself, or after it was cut off. */
final class CreateRecovery implements OperationRecovery {
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
    };
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
