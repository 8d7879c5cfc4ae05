package io.vmsnap.hypervisor.qmp;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.RunState;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A migration that somebody began and no longer watches. */
final class AbandonedMigration {
  private static final Duration QUICK = Duration.ofSeconds(10);
  private static final Duration FLUSHING = Duration.ofMinutes(1);
  private static final Duration TICK = Duration.ofMillis(50);

  private final QmpSession session;

  AbandonedMigration(QmpSession session) {
    this.session = session;
  }

  /** Cancels it, waits for its end, and lets the guest run unless a full volume holds it. */
  void end() throws HypervisorException {
    if (isUnderWay()) {
      session.execute(MigrationCommand.CANCEL, QUICK);
      long deadline = System.nanoTime() + FLUSHING.toNanos();
      while (isUnderWay()) {
        if (System.nanoTime() > deadline) {
          throw new HypervisorException("the saving of memory does not end", true, null);
        }
        session.end().completeOnTimeout(null, TICK.toNanos(), TimeUnit.NANOSECONDS).join();
      }
    }
    RunState state = session.execute(new MachineCommand.QueryStatus(), QUICK);
    if (state != RunState.RUNNING && state != RunState.IO_ERROR) {
      session.execute(MachineCommand.CONT, FLUSHING);
    }
  }

  private boolean isUnderWay() throws HypervisorException {
    return session.execute(new MigrationCommand.QueryMigrate(), QUICK).isUnderWay();
  }
}
