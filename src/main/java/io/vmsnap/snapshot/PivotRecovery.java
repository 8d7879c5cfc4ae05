package io.vmsnap.snapshot;

import io.vmsnap.hypervisor.AttachedDisk;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.NodeName;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.step.DeleteFiles;
import io.vmsnap.snapshot.step.FreezeDisk;
import io.vmsnap.snapshot.step.ReplaceFile;
import io.vmsnap.snapshot.step.Step;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmxFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Ends a pivot: by the operation itself, or after it was cut off. */
final class PivotRecovery implements OperationRecovery {
  private static final String VMX = ".vmx";

  private final VmStorage storage;
  private final OperationLock lock;

  PivotRecovery(VmStorage storage, OperationLock lock) {
    this.storage = storage;
    this.lock = lock;
  }

  @Override
  public Recovery.Outcome recover(JournalEntry entry, VmConnector connector) throws IOException {
    PivotPlan plan = Journal.plan(entry, PivotPlan.class);
    Optional<RunningVm> vm = connector.connect();
    if (vm.isEmpty()) {
      // The guest has never run on a disk that the configuration does not name.
      return end(plan, isRecorded(plan));
    }
    try (RunningVm running = vm.get()) {
      lock.check();
      running.cancelCommit(NodeName.of(plan.active()));
      boolean pivoted = hasPivoted(plan, running);
      if (pivoted) {
        record(plan);
      }
      if (plan.guestRuns()) {
        running.resume();
      }
      return end(plan, pivoted);
    }
  }

  private Recovery.Outcome end(PivotPlan plan, boolean pivoted) throws IOException {
    if (pivoted) {
      finish(plan);
      return Recovery.Outcome.ROLLED_FORWARD;
    }
    leave(plan);
    return Recovery.Outcome.ROLLED_BACK;
  }

  private static boolean hasPivoted(PivotPlan plan, RunningVm vm) throws HypervisorException {
    String active =
        vm.disks().stream()
            .filter(d -> d.id().equals(plan.node()))
            .map(AttachedDisk::activeNode)
            .findFirst()
            .orElse("no disk there");
    if (active.equals(NodeName.of(plan.below()))) {
      return true;
    }
    if (active.equals(NodeName.of(plan.active()))) {
      return false;
    }
    throw new HypervisorException(
        plan.node()
            + ": the running machine writes to "
            + active
            + ", neither to "
            + plan.active()
            + " nor to "
            + plan.below()
            + "; restart the machine to bring it and the directory together",
        false,
        null);
  }

  private boolean isRecorded(PivotPlan plan) throws IOException {
    String file = plan.configuration().name();
    VmxFile vmx = VmDirectory.readVmx(storage, file.substring(0, file.length() - VMX.length()));
    return vmx.disks().stream()
        .filter(d -> d.address().toString().equals(plan.node()))
        .anyMatch(d -> d.fileName().equals(plan.below()));
  }

  /** From now on the disk below is the active one. */
  void record(PivotPlan plan) throws IOException {
    lock.check();
    new ReplaceFile(storage, plan.configuration().name(), plan.configuration().content()).apply();
  }

  /** The delta is of no use any more. */
  void finish(PivotPlan plan) throws IOException {
    List<Step> steps = new ArrayList<>();
    plan.files().forEach(f -> steps.add(new ReplaceFile(storage, f.name(), f.content())));
    steps.add(new DeleteFiles(storage, plan.active(), plan.discarded()));
    new Steps(lock).applyAll(steps, Progress.NONE, 0, 100);
    lock.check();
    new Journal(storage).remove();
  }

  /** The delta stays the active disk; what QEMU moved already is the same below it. */
  void leave(PivotPlan plan) throws IOException {
    new Steps(lock).apply(new FreezeDisk(storage, plan.below()), Progress.NONE, 0);
    lock.check();
    new Journal(storage).remove();
  }
}
