package io.vmsnap.snapshot;

import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.journal.Phase;
import java.io.IOException;
import java.time.Duration;

/** A {@link RevertPlan} being carried out. */
record RevertExecution(
    OperationContext context, RevertPlan plan, Journal journal, RevertRecovery recovery) {
  static RevertExecution of(OperationContext context, RevertPlan plan) {
    return new RevertExecution(
        context,
        plan,
        new Journal(context.storage()),
        new RevertRecovery(context.storage(), context.lock()));
  }

  /** Undoes; if that fails too, the journal stays and the next operation does it. */
  @FunctionalInterface
  private interface Undo {
    void run() throws IOException;
  }

  /** Returns the time until the guest ran; null if this did not start it. */
  Duration run() throws IOException, RefusedException {
    JournalEntry entry =
        new JournalEntry(
            RevertPlan.OPERATION, Phase.PREPARING, context.lock().token(), Journal.toJson(plan));
    context.lock().check();
    journal.write(entry);
    try (RevertedMachine machine = new RevertedMachine(plan, context)) {
      prepare(machine);
      context.lock().check();
      // From here on a stop is no longer heeded: going on is the shortest way to a whole directory.
      return change(entry.withPhase(Phase.SWITCHING), machine);
    }
  }

  private void prepare(RevertedMachine machine) throws IOException, RefusedException {
    try {
      context.applyUntilStopped(RevertSteps.prepare(context.storage(), plan), 5, 40);
      machine.prepare();
      context.stop().check();
    } catch (IOException | RefusedException | RuntimeException e) {
      machine.close(); // it may have the new disks open
      takeBack(() -> recovery.rollBack(plan), e);
      throw e;
    }
  }

  private Duration change(JournalEntry entry, RevertedMachine machine) throws IOException {
    Duration running = null;
    try {
      journal.write(entry);
      recovery.replace(plan, context.progress());
      if (plan.live()) {
        context.lock().check();
        journal.write(entry.withPhase(Phase.PROMOTING));
        running = machine.change();
      }
    } catch (IOException | RuntimeException e) {
      machine.close();
      if (plan.live()) {
        // Finds out which of the two machines runs, and gives that one its directory.
        takeBack(
            () -> new Recovery(context.storage(), context.lock()).recover(context.connector()), e);
      }
      throw e;
    }
    recovery.discard(plan, context.progress());
    return running;
  }

  private static void takeBack(Undo undo, Exception cause) {
    try {
      undo.run();
    } catch (IOException failure) {
      cause.addSuppressed(failure);
    }
  }
}
