package io.vmsnap.snapshot;

import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.merge.DeltaMerge;
import io.vmsnap.disk.merge.MergeGrowth;
import io.vmsnap.disk.merge.MergeSettings;
import io.vmsnap.disk.merge.MergeTarget;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.journal.Phase;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.DiskFiles;
import java.io.IOException;
import java.time.Duration;

/** A {@link MergePlan} being carried out. */
record DiskMerge(OperationContext context, MergePlan plan, long bytesPerSecond) {

  /**
   * @param running whether the machine is on; it does not write to the child then
   * @throws RefusedException if there is not enough space, or a stop was asked for: the directory
   *     is whole, and another merge goes on from there
   */
  MergeOutcome run(boolean running) throws IOException, RefusedException {
    VmStorage storage = context.storage();
    DeltaDisk child = DeltaDisk.open(storage, plan.child());
    MergeTarget parent = MergeTarget.open(storage, plan.parent());
    MergeThrottle throttle =
        new MergeThrottle(
            context, "merge " + plan.child() + " into " + plan.parent(), bytesPerSecond);
    context.stop().check();
    MergeSettings settings =
        throttle.apply(
            MergeSpace.settings(storage, plan, MergeGrowth.bytes(storage, child, parent), running));
    long before = allocated(plan.parent()) + allocated(plan.child());
    MergeRecovery recovery = new MergeRecovery(storage, context.lock());
    Journal journal = new Journal(storage);
    JournalEntry entry =
        new JournalEntry(
            MergePlan.OPERATION, Phase.PREPARING, context.lock().token(), Journal.toJson(plan));
    context.lock().check();
    journal.write(entry);
    long merged = merge(child, parent, settings, throttle, recovery);
    context.lock().check();
    journal.write(entry.withPhase(Phase.SWITCHING));
    Duration stall = recovery.finish(plan, context.connector(), context.progress());
    return new MergeOutcome(merged, before - allocated(plan.parent()), stall);
  }

  private long merge(
      DeltaDisk child,
      MergeTarget parent,
      MergeSettings settings,
      MergeThrottle throttle,
      MergeRecovery recovery)
      throws IOException, RefusedException {
    try {
      VmStorage storage = context.storage();
      new Steps(context.lock())
          .applyAll(MergeSteps.prepare(storage, plan), context.progress(), 1, 5);
      DeltaMerge.Result result = DeltaMerge.run(storage, child, parent, settings, throttle);
      if (!result.complete()) {
        throw throttle.stop();
      }
      return result.copiedBytes();
    } catch (IOException | RefusedException | RuntimeException e) {
      try {
        recovery.suspend(plan);
      } catch (IOException failure) {
        e.addSuppressed(failure);
      }
      throw e;
    }
  }

  private long allocated(String disk) throws IOException {
    VmStorage storage = context.storage();
    return DiskFiles.allocatedBytes(storage, DiskDescriptor.read(storage, disk));
  }
}
