package io.vmsnap.snapshot;

import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.ConsolidateTask;
import io.vmsnap.task.DeleteResult;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/** Merges what deletions that ended early have left. */
public final class DirectoryConsolidation {
  static final String OPERATION = "consolidate";

  private final OperationFrame frame;

  /**
   * @param patience how long to wait for another operation to end
   */
  public DirectoryConsolidation(
      VmStorage storage, VmConnector connector, Clock clock, StopSignal stop, Duration patience) {
    this.frame = new OperationFrame(storage, connector, clock, stop, patience);
  }

  /** Descriptors of disks that are to be merged into the one below, lowest first. */
  public static List<String> pending(VmDirectory directory) throws IOException {
    return DiskTree.read(directory).links().stream().map(DiskTree.Link::child).toList();
  }

  /**
   * @param definition the machine; null for whatever machine the directory holds
   * @throws RefusedException if there is not enough space or time: what is merged by then stays
   *     merged, and no state is lost
   * @throws IOException if the storage or the machine failed; likewise
   */
  public DeleteResult run(VmDefinition definition, ConsolidateTask task)
      throws IOException, RefusedException {
    DeletePlanner.checkBandwidth(task.bandwidthBytesPerSecond());
    return frame.run(
        OPERATION,
        task.requestId(),
        definition,
        context ->
            new ConsolidationResult(context, List.of(), 0)
                .of(task.requestId(), task.bandwidthBytesPerSecond(), false));
  }
}
