package io.vmsnap.snapshot;

import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.DamagedFileException;
import io.vmsnap.vmdir.DirectoryFormat;
import java.io.IOException;
import java.util.Optional;

/**
 * Brings a VM directory whose operation was cut off to the state before it or after it. May itself
 * be cut off and repeated. The tables in {@code docs/concepts/snapshot-create.md} and its
 * neighbours say for every step of every operation what happens after a crash there.
 */
public final class Recovery {
  private final VmStorage storage;
  private final OperationLock lock;

  public Recovery(VmStorage storage, OperationLock lock) {
    this.storage = storage;
    this.lock = lock;
  }

  /** What was done. */
  public enum Outcome {
    /** No operation was under way. */
    NOTHING,
    ROLLED_BACK,
    ROLLED_FORWARD
  }

  /**
   * @param vm asked only if the machine may have been changed
   * @throws io.vmsnap.hypervisor.HypervisorException if the machine is on and its disks cannot be
   *     told; nothing was changed
   */
  public Outcome recover(VmConnector vm) throws IOException {
    DirectoryFormat.check(storage); // a newer version may mean something else by the same journal
    Optional<JournalEntry> entry = new Journal(storage).read();
    if (entry.isEmpty()) {
      return Outcome.NOTHING;
    }
    return of(entry.get().operation()).recover(entry.get(), vm);
  }

  private OperationRecovery of(String operation) throws DamagedFileException {
    return switch (operation) {
      case CreatePlan.OPERATION -> new CreateRecovery(storage, lock);
      case RevertPlan.OPERATION -> new RevertRecovery(storage, lock);
      case SuspendPlan.OPERATION -> new SuspendRecovery(storage, lock);
      case DeletePlan.OPERATION -> new DeleteRecovery(storage, lock);
      case MergePlan.OPERATION -> new MergeRecovery(storage, lock);
      case PivotPlan.OPERATION -> new PivotRecovery(storage, lock);
      case "adopt" ->
          throw new DamagedFileException(
              Journal.FILE,
              "\"vmsnap adopt\" was cut off and is not complete; run the same command again");
      default ->
          throw new DamagedFileException(
              Journal.FILE,
              "operation \"" + operation + "\" is unknown; use the vmsnap that began it");
    };
  }
}
