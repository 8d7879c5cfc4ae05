package io.vmsnap.snapshot;

import io.vmsnap.hypervisor.AttachedDisk;
import io.vmsnap.hypervisor.NodeName;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.journal.Phase;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Ends a merge: by the operation itself, or after it was cut off. While data is being merged both
 * disks are right, so a machine that is to start does not wait for the rest: the merge is left
 * where it is, and a later one goes on from there.
 */
final class MergeRecovery implements OperationRecovery {
  private final VmStorage storage;
  private final OperationLock lock;
  private final Journal journal;

  MergeRecovery(VmStorage storage, OperationLock lock) {
    this.storage = storage;
    this.lock = lock;
    this.journal = new Journal(storage);
  }

  @Override
  public Recovery.Outcome recover(JournalEntry entry, VmConnector connector) throws IOException {
    MergePlan plan = Journal.plan(entry, MergePlan.class);
    if (entry.phase() == Phase.PREPARING) {
      suspend(plan);
      return Recovery.Outcome.ROLLED_BACK;
    }
    finish(plan, connector, Progress.NONE);
    return Recovery.Outcome.ROLLED_FORWARD;
  }

  void suspend(MergePlan plan) throws IOException {
    new Steps(lock).applyAll(MergeSteps.suspend(storage, plan), Progress.NONE, 0, 100);
    lock.check();
    journal.remove();
  }

  /**
   * The parent holds all: everybody uses it, and the child goes.
   *
   * @return the longest time for which a running guest's requests waited; zero if it is off
   */
  Duration finish(MergePlan plan, VmConnector connector, Progress progress) throws IOException {
    new Steps(lock).applyAll(MergeSteps.replace(storage, plan), progress, 90, 92);
    Duration stall = replaceInMachine(plan, connector);
    new Steps(lock).applyAll(MergeSteps.finish(storage, plan), progress, 93, 100);
    lock.check();
    journal.remove();
    return stall;
  }

  private Duration replaceInMachine(MergePlan plan, VmConnector connector) throws IOException {
    if (plan.overlay() == null) {
      return Duration.ZERO;
    }
    Optional<RunningVm> vm = connector.connect();
    if (vm.isEmpty()) {
      return Duration.ZERO;
    }
    try (RunningVm running = vm.get()) {
      String overlay = NodeName.of(plan.overlay());
      List<String> nodes =
          running.disks().stream()
              .map(AttachedDisk::nodes)
              .filter(n -> n.contains(overlay))
              .findFirst()
              .orElse(List.of());
      if (nodes.isEmpty()) {
        return Duration.ZERO; // started since, or without that disk
      }
      lock.check();
      return running.replaceBacking(
          DiskLayers.ofDelta(storage, plan.overlay()),
          plan.overlayActive(),
          DiskLayers.ofDisk(storage, plan.parent()),
          DiskLayers.nodeBelow(storage, plan.parent()));
    }
  }
}
