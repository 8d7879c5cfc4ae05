package io.vmsnap.runner;

import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.qmp.QmpRunningVm;
import io.vmsnap.snapshot.OperationLock;
import io.vmsnap.snapshot.Recovery;
import io.vmsnap.snapshot.VmConnector;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.DirectoryFormat;
import java.io.IOException;
import java.util.Optional;

/**
 * Lets a guest go on that a job had stopped, for an instant, when the job died. The next operation
 * would do the same, but there may be none for days.
 */
final class AbandonedPause {
  private static final System.Logger LOG = System.getLogger(AbandonedPause.class.getName());

  /** Seconds between two tries. */
  private static final int ROUNDS = 3;

  private final VmStorage storage;
  private final VmConnector machine;
  private Thread mending;
  private int rounds;

  AbandonedPause(VmStorage storage) {
    this.storage = storage;
    this.machine =
        () -> Optional.of(QmpRunningVm.connect(storage.path(DirectoryFormat.JOB_MONITOR)));
  }

  /** Hears about once a second what the guest does; returns at once. */
  void observe(RunState state) {
    if (state != RunState.PAUSED) {
      rounds = 0;
      return;
    }
    rounds++;
    if (rounds % ROUNDS == 0 && (mending == null || !mending.isAlive())) {
      // In a thread of its own: it talks to QEMU at length, and this one has to see QEMU end.
      mending = Thread.ofVirtual().name("abandoned-pause").start(this::mend);
    }
  }

  /** A job that lives has the lock, and a guest that somebody else stopped has no journal. */
  private void mend() {
    try {
      if (!storage.exists(Journal.FILE)) {
        return;
      }
      Optional<OperationLock> lock = OperationLock.tryAcquire(storage);
      if (lock.isEmpty()) {
        return;
      }
      try (OperationLock held = lock.get()) {
        Recovery.Outcome outcome = new Recovery(storage, held).recover(machine);
        LOG.log(
            System.Logger.Level.WARNING,
            "a job died and left the guest stopped: its operation is {0}",
            outcome == Recovery.Outcome.ROLLED_FORWARD ? "completed" : "undone");
      }
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "a job died and left the guest stopped; it is tried again: {0}",
          e.getMessage());
    }
  }
}
