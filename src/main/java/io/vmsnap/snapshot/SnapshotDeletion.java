package io.vmsnap.snapshot;

import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.journal.Phase;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.DeleteResult;
import io.vmsnap.task.DeleteSnapshotTask;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * Deletes snapshots and keeps every other state. The history forgets them first, at once and for
 * good; then what their disks held is merged with what was written after, which may end early and
 * go on later without anybody noticing but the volume. A snapshot that is not there counts as
 * deleted.
 */
public final class SnapshotDeletion {
  private final OperationFrame frame;

  /**
   * @param patience how long to wait for another operation to end
   */
  public SnapshotDeletion(
      VmStorage storage, VmConnector connector, Clock clock, StopSignal stop, Duration patience) {
    this.frame = new OperationFrame(storage, connector, clock, stop, patience);
  }

  /**
   * @param definition the machine; null for whatever machine the directory holds
   * @throws RefusedException if the request cannot be served, or with {@link
   *     TaskReason#Interrupted} or {@link TaskReason#VMBusy}: another try goes on from there
   * @throws io.vmsnap.hypervisor.HypervisorException if the machine did not do its part; no state
   *     is lost, and another try goes on from there
   * @throws IOException if the storage failed; likewise
   */
  public DeleteResult run(VmDefinition definition, DeleteSnapshotTask task)
      throws IOException, RefusedException {
    DeletePlanner.check(task);
    return frame.run(
        DeletePlan.OPERATION, task.requestId(), definition, context -> run(context, task));
  }

  private static DeleteResult run(OperationContext context, DeleteSnapshotTask task)
      throws IOException, RefusedException {
    VmDirectory directory = context.directory();
    Set<Long> uids = DeletePlanner.uids(directory.vmsd(), task);
    long discarded = 0;
    if (!uids.isEmpty()) {
      context.stop().check();
      DiskLayers.of(directory); // refuses damaged and foreign disks
      DeletePlan plan = DeletePlanner.plan(directory, uids, task.requestId());
      discarded = plan.discardedBytes();
      context.lock().check();
      new Journal(context.storage())
          .write(
              new JournalEntry(
                  DeletePlan.OPERATION,
                  Phase.SWITCHING,
                  context.lock().token(),
                  Journal.toJson(plan)));
      new DeleteRecovery(context.storage(), context.lock()).finish(plan, context.progress());
    }
    return new ConsolidationResult(context, List.copyOf(uids), discarded)
        .of(task.requestId(), task.bandwidthBytesPerSecond(), true);
  }
}
