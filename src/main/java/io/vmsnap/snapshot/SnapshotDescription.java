package io.vmsnap.snapshot;

import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.task.DescribeSnapshotTask;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.VmsdFile;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;

/**
 * Gives a snapshot another description. One file is replaced as a whole, so there is no journal:
 * the machine does not notice, and a crash leaves the old text or the new.
 */
public final class SnapshotDescription {
  static final String OPERATION = "describe";

  private final OperationFrame frame;

  /**
   * @param patience how long to wait for another operation to end
   */
  public SnapshotDescription(
      VmStorage storage, VmConnector connector, Clock clock, StopSignal stop, Duration patience) {
    this.frame = new OperationFrame(storage, connector, clock, stop, patience);
  }

  /**
   * @param definition the machine; null for whatever machine the directory holds
   * @throws RefusedException if there is no such snapshot, or the text is too long
   */
  public void run(VmDefinition definition, DescribeSnapshotTask task)
      throws IOException, RefusedException {
    frame.run(
        OPERATION,
        task.requestId(),
        definition,
        context -> {
          describe(context, task);
          return null;
        });
  }

  private static void describe(OperationContext context, DescribeSnapshotTask task)
      throws IOException, RefusedException {
    if (task.description() != null
        && task.description().length() > CreateRequestCheck.MAX_DESCRIPTION) {
      throw new RefusedException(
          TaskReason.InvalidRequest,
          "description has more than " + CreateRequestCheck.MAX_DESCRIPTION + " characters");
    }
    if (task.displayName() != null) {
      CreateRequestCheck.checkName(task.displayName());
    }
    VmsdFile vmsd = context.directory().vmsd();
    if (vmsd.snapshot(task.snapshotUid()).isEmpty()) {
      throw new RefusedException(
          TaskReason.SnapshotNotFound,
          vmsd.file() + ": no snapshot has the uid " + task.snapshotUid());
    }
    VmsdFile described = vmsd.withWords(task.snapshotUid(), task.displayName(), task.description());
    context.lock().check();
    WholeFile.replace(context.storage(), vmsd.file(), described.toBytes());
  }
}
