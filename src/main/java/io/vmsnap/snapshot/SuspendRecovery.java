package io.vmsnap.snapshot;

import io.vmsnap.hypervisor.MachineReplacement;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.journal.Phase;
import io.vmsnap.snapshot.step.ReplaceFile;
import io.vmsnap.storage.FileNames;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Ends the suspending of a machine: by the operation itself, or after it was cut off. */
final class SuspendRecovery implements OperationRecovery {
  private static final Duration POWER_OFF_TIMEOUT = Duration.ofMinutes(1);

  private final VmStorage storage;
  private final OperationLock lock;
  private final Journal journal;

  SuspendRecovery(VmStorage storage, OperationLock lock) {
    this.storage = storage;
    this.lock = lock;
    this.journal = new Journal(storage);
  }

  @Override
  public Recovery.Outcome recover(JournalEntry entry, VmConnector connector) throws IOException {
    SuspendPlan plan = Journal.plan(entry, SuspendPlan.class);
    return switch (entry.phase()) {
      case PREPARING, SAVING, ROLLING_BACK -> {
        Optional<RunningVm> vm = connector.connect();
        try {
          rollBack(entry, plan, vm);
        } finally {
          vm.ifPresent(RunningVm::close);
        }
        yield Recovery.Outcome.ROLLED_BACK;
      }
      case SWITCHING, PROMOTING -> {
        finish(plan, connector);
        yield Recovery.Outcome.ROLLED_FORWARD;
      }
    };
  }

  /** The guest goes on, if it is still there, and nothing of the memory stays. */
  void rollBack(JournalEntry entry, SuspendPlan plan, Optional<RunningVm> vm) throws IOException {
    lock.check();
    // Durable before the guest runs: recovery must not go forward from here any more. A journal
    // that
    // does not say so yet leads back as it is, and on a full volume it could not be written.
    if (journal.read().filter(e -> e.phase() == Phase.SWITCHING).isPresent()) {
      journal.write(entry.withPhase(Phase.ROLLING_BACK));
    }
    if (vm.isPresent()) {
      vm.get().abandonMemory();
    }
    lock.check();
    storage.delete(plan.memory().file());
    storage.syncDirectory(FileNames.folderOf(plan.memory().file()));
    journal.remove();
  }

  /**
   * The guest stands still since its memory was saved, and must never run again from here: it would
   * change disks that the memory knows as they are.
   */
  void finish(SuspendPlan plan, VmConnector connector) throws IOException {
    lock.check();
    new ReplaceFile(storage, plan.vmx().name(), plan.vmx().content()).apply();
    if (connector.isOn()) {
      try (MachineReplacement machine = connector.replacement()) {
        machine.powerOff(POWER_OFF_TIMEOUT);
      }
    }
    lock.check();
    journal.remove();
  }
}
