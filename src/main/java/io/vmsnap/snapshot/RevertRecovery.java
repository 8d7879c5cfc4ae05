package io.vmsnap.snapshot;

import io.vmsnap.hypervisor.AttachedDisk;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.MachineReplacement;
import io.vmsnap.hypervisor.NodeName;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.journal.Phase;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Ends a revert: by the operation itself, or after it was cut off. */
final class RevertRecovery implements OperationRecovery {
  private final VmStorage storage;
  private final OperationLock lock;
  private final Journal journal;

  RevertRecovery(VmStorage storage, OperationLock lock) {
    this.storage = storage;
    this.lock = lock;
    this.journal = new Journal(storage);
  }

  @Override
  public Recovery.Outcome recover(JournalEntry entry, VmConnector connector) throws IOException {
    RevertPlan plan = Journal.plan(entry, RevertPlan.class);
    boolean on = connector.isOn();
    if (on) {
      discardCandidate(connector);
    }
    switch (entry.phase()) {
      case PREPARING -> {
        rollBack(plan);
        return Recovery.Outcome.ROLLED_BACK;
      }
      case ROLLING_BACK -> {
        restore(plan);
        return Recovery.Outcome.ROLLED_BACK;
      }
      case SAVING -> throw new IllegalStateException("a revert saves no memory");
      case SWITCHING, PROMOTING -> {
        if (on && runsOnAbandoned(plan, connector)) {
          // It can go on as if nothing had been asked: nobody ever ran in the other state.
          lock.check();
          journal.write(entry.withPhase(Phase.ROLLING_BACK));
          restore(plan);
          return Recovery.Outcome.ROLLED_BACK;
        }
        if (entry.phase() == Phase.SWITCHING) {
          replace(plan, Progress.NONE);
        }
        discard(plan, Progress.NONE);
        return Recovery.Outcome.ROLLED_FORWARD;
      }
    }
    throw new IllegalStateException("a revert has no phase " + entry.phase());
  }

  /** A job that died may have left a machine ready to be promoted: it must never run now. */
  private static void discardCandidate(VmConnector connector) throws IOException {
    try (MachineReplacement replacement = connector.replacement()) {
      replacement.discard();
    }
  }

  /**
   * Whether the machine still writes to the disks it had before.
   *
   * @throws HypervisorException if some disks are the old ones and some the new
   */
  private static boolean runsOnAbandoned(RevertPlan plan, VmConnector connector)
      throws IOException {
    Optional<RunningVm> vm = connector.connect();
    if (vm.isEmpty()) {
      return false;
    }
    try (RunningVm running = vm.get()) {
      Set<String> active = new HashSet<>();
      for (AttachedDisk disk : running.disks()) {
        active.add(disk.activeNode());
      }
      long found =
          plan.deltas().stream().filter(d -> active.contains(NodeName.of(d.delta()))).count();
      if (found != 0 && found != plan.deltas().size()) {
        throw new HypervisorException(
            "the running machine writes to some disks of the revert and not to others; restart it"
                + " to bring it and the directory together",
            false,
            null);
      }
      return found == 0;
    }
  }

  /** Deletes what the plan made; only before anything was replaced. */
  void rollBack(RevertPlan plan) throws IOException {
    new Steps(lock).undoAll(RevertSteps.prepare(storage, plan));
    lock.check();
    journal.remove();
  }

  private void restore(RevertPlan plan) throws IOException {
    new Steps(lock).applyAll(RevertSteps.restore(storage, plan), Progress.NONE, 0, 100);
    rollBack(plan);
  }

  /**
   * Only while the machine has never run in the new state: it clears the mark that names the memory
   * to resume from, and putting it back would resume old memory over disks that moved on.
   */
  void replace(RevertPlan plan, Progress progress) throws IOException {
    new Steps(lock).applyAll(RevertSteps.replace(storage, plan), progress, 50, 70);
  }

  /** Only when nothing writes to the abandoned disks any more. */
  void discard(RevertPlan plan, Progress progress) throws IOException {
    new Steps(lock).applyAll(RevertSteps.discard(storage, plan), progress, 80, 100);
    lock.check();
    journal.remove();
  }
}
