package io.vmsnap.snapshot;

import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.step.DeleteFiles;
import io.vmsnap.snapshot.step.ReplaceFile;
import io.vmsnap.snapshot.step.Step;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Ends the removal of snapshots from the history: by the operation itself, or after it was cut off.
 * It only goes forward; a machine that runs uses none of the files that go.
 */
final class DeleteRecovery implements OperationRecovery {
  private final VmStorage storage;
  private final OperationLock lock;

  DeleteRecovery(VmStorage storage, OperationLock lock) {
    this.storage = storage;
    this.lock = lock;
  }

  @Override
  public Recovery.Outcome recover(JournalEntry entry, VmConnector vm) throws IOException {
    finish(Journal.plan(entry, DeletePlan.class), Progress.NONE);
    return Recovery.Outcome.ROLLED_FORWARD;
  }

  /** The history first: what it names is there at every instant. */
  void finish(DeletePlan plan, Progress progress) throws IOException {
    List<Step> steps = new ArrayList<>();
    steps.add(new ReplaceFile(storage, plan.history().name(), plan.history().content()));
    plan.discarded().forEach(d -> steps.add(new DeleteFiles(storage, d.disk(), d.files())));
    new Steps(lock).applyAll(steps, progress, 1, 5);
    lock.check();
    new Journal(storage).remove();
  }
}
