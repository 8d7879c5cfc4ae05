package io.vmsnap.snapshot;

import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.merge.DeltaMerge;
import io.vmsnap.disk.merge.MergeProgress;
import io.vmsnap.disk.merge.MergeSettings;
import io.vmsnap.disk.merge.MergeTarget;
import io.vmsnap.hypervisor.AttachedDisk;
import io.vmsnap.hypervisor.NodeName;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.snapshot.CreatePlan.NewDelta;
import io.vmsnap.snapshot.step.SealDisk;
import io.vmsnap.snapshot.step.ThawDisk;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.time.Duration;

/**
 * Gives up a snapshot that cannot be what was asked for: with its memory, or quiesced. The machine
 * may write to the new deltas already: what they hold is the guest's, and goes back into the disks
 * below before they go.
 */
record AbandonedCapture(VmStorage storage, CreatePlan plan) {
  /** The deltas are young; but the volume may be slow, or full until the memory's file is gone. */
  private static final Duration MERGE_TIMEOUT = Duration.ofMinutes(2);

  /** Gives space back as it goes, since the volume may be full. */
  private static final MergeSettings LITTLE_SPACE = new MergeSettings(64L << 20, 16L << 20, true);

  /** Makes a running machine write to its old disks again. May be repeated. */
  void leave(RunningVm vm) throws IOException {
    if (plan.memory() != null) {
      vm.abandonMemory();
      // Its space may be what the merge needs.
      storage.delete(plan.memory().file());
    }
    for (AttachedDisk disk : vm.disks()) {
      for (NewDelta delta : plan.deltas()) {
        if (NodeName.of(delta.delta()).equals(disk.activeNode())) {
          // Empty before the guest writes below it: nothing in it may ever hide that.
          vm.commitActive(
              disk.activeNode(),
              NodeName.of(delta.frozen()),
              MERGE_TIMEOUT,
              () -> DeltaMerge.empty(storage, DeltaDisk.open(storage, delta.delta())));
        }
      }
    }
  }

  /**
   * Moves what the guest wrote last into the disks of a machine that has ended. May be repeated,
   * from wherever it was cut off: until the deltas go, both hold it.
   */
  void leaveOff() throws IOException {
    if (plan.memory() != null) {
      storage.delete(plan.memory().file());
    }
    for (NewDelta delta : plan.deltas()) {
      new ThawDisk(storage, delta.frozen()).apply();
      DeltaMerge.run(
          storage,
          DeltaDisk.open(storage, delta.delta()),
          MergeTarget.open(storage, delta.frozen()),
          LITTLE_SPACE,
          MergeProgress.SILENT);
      new SealDisk(storage, delta.frozen()).apply();
    }
  }
}
