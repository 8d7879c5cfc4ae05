package io.vmsnap.snapshot;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.journal.Phase;
import io.vmsnap.snapshot.step.ReversibleStep;
import io.vmsnap.snapshot.step.Step;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.DamagedFileException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Brings a VM directory whose operation was cut off to the state before it or after it. May itself
 * be cut off and repeated. The table in {@code docs/concepts/snapshot-create.md} says for every
 * step what happens after a crash there.
 */
public final class Recovery {
  private final VmStorage storage;
  private final OperationLock lock;
  private final Journal journal;

  public Recovery(VmStorage storage, OperationLock lock) {
    this.storage = storage;
    this.lock = lock;
    this.journal = new Journal(storage);
  }

  /** What was done. */
  public enum Outcome {
    /** No operation was under way. */
    NOTHING,
    ROLLED_BACK,
    ROLLED_FORWARD
  }

  /**
   * @param vm asked only if the machine may have been switched
   * @throws io.vmsnap.hypervisor.HypervisorException if the machine is on and its disks cannot be
   *     told; nothing was changed
   */
  public Outcome recover(VmConnector vm) throws IOException {
    Optional<JournalEntry> entry = journal.read();
    if (entry.isEmpty()) {
      return Outcome.NOTHING;
    }
    if (!entry.get().operation().equals(CreatePlan.OPERATION)) {
      throw new DamagedFileException(
          Journal.FILE,
          "operation \"" + entry.get().operation() + "\" is unknown; use the vmsnap that began it");
    }
    CreatePlan plan = Journal.plan(entry.get(), CreatePlan.class);
    return switch (entry.get().phase()) {
      case PREPARING, ROLLING_BACK -> {
        rollBack(plan);
        yield Outcome.ROLLED_BACK;
      }
      case SWITCHING -> {
        rollForward(entry.get(), plan, vm);
        yield Outcome.ROLLED_FORWARD;
      }
    };
  }

  /** Deletes what the plan made; only while nothing uses it. */
  void rollBack(CreatePlan plan) throws IOException {
    for (ReversibleStep step : CreateSteps.prepare(storage, plan).reversed()) {
      lock.check();
      step.undo();
    }
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
    List<Step> steps = CreateSteps.finish(storage, plan);
    for (int i = 0; i < steps.size(); i++) {
      progress.report(steps.get(i).description(), 50 + 50 * i / steps.size());
      lock.check();
      steps.get(i).apply();
    }
    lock.check();
    journal.remove();
  }
}
