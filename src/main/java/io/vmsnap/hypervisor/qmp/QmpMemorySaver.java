package io.vmsnap.hypervisor.qmp;

import io.vmsnap.hypervisor.DiskSwitch;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.MemoryMethod;
import io.vmsnap.hypervisor.MemoryProgress;
import io.vmsnap.hypervisor.MemorySave;
import io.vmsnap.hypervisor.MemorySaveException;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.SavedMemory;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;

/**
 * Writes a machine's RAM and device state as a {@code mapped-ram} stream (QEMU {@code
 * docs/devel/migration/mapped-ram.rst}) and switches the disks while the guest stands still in
 * between, so that both are of the same instant.
 *
 * <p>Without a wish for a method, pre-copy begins: it stops a guest for a few milliseconds whatever
 * the size of its RAM, where a background snapshot walks all page tables during the stop. A guest
 * that changes its RAM faster than it is written is saved by a background snapshot instead.
 */
final class QmpMemorySaver {
  private static final Duration QUICK = Duration.ofSeconds(10);
  private static final Duration FLUSHING = Duration.ofSeconds(60);

  /** Between two looks while the guest stands still: every look is part of its stun. */
  private static final Duration STUNNED_TICK = Duration.ofMillis(1);

  private static final Duration RUNNING_TICK = Duration.ofMillis(50);

  /** No bound of ours: the volume is the bound. QEMU's default is 128 MiB/s. */
  private static final long UNLIMITED = 1L << 40;

  /** Pre-copy stops the guest by itself when it can finish within this time. */
  private static final long DOWNTIME_MILLIS = 20;

  /** Bytes of RAM that the volume may still have to write when the guest is stopped. */
  private static final long MAX_ARREARS = 512L << 20;

  /** For a guest that is to go on while the volume catches up: QEMU never stops it at this rate. */
  private static final long TRICKLE = 1L << 20;

  /** Hardly even then. With 0, QEMU 10.0 stops the guest without a look at what it changed. */
  private static final long LEAST_DOWNTIME = 1;

  /**
   * A guest that changes RAM as fast as it is written is caught up with by chance, mostly within
   * twenty passes; after as many as this it is too fast.
   */
  private static final long MAX_PASSES = 60;

  private final QmpSession session;
  private final MigrationCapabilities capabilities;
  private final MemoryProgress progress;

  QmpMemorySaver(QmpSession session, MemoryProgress progress) {
    this.session = session;
    this.capabilities = new MigrationCapabilities(session);
    this.progress = progress;
  }

  SavedMemory save(MemorySave save, List<DiskSwitch> switches) throws HypervisorException {
    requireRunning();
    MemoryMethodChoice choice = MemoryMethodChoice.of(capabilities, save.method());
    DiskSwitchover switchover = DiskSwitchover.open(session, switches);
    MemoryMethod method = choice.first();
    try (StunClock clock = new StunClock(session);
        Attempt attempt = new Attempt(save, switchover)) {
      try {
        MigrationStatus end =
            method == MemoryMethod.PRE_COPY
                ? attempt.preCopy(choice.backgroundToo())
                : attempt.inBackground();
        if (end == null) {
          method = MemoryMethod.BACKGROUND_SNAPSHOT;
          clock.restart();
          capabilities.set(method);
          end = attempt.inBackground();
        }
        return new SavedMemory(
            method, clock.stun(), end.transferredBytes(), session.greeting().version());
      } catch (HypervisorException e) {
        throw attempt.undo(e);
      }
    } finally {
      capabilities.forget();
    }
  }

  /** Saves a guest that does not run any more; it stays stopped. */
  SavedMemory suspend(MemorySave save) throws HypervisorException {
    requireRunning();
    capabilities.set(null);
    long begin = System.nanoTime();
    Attempt attempt = new Attempt(save, DiskSwitchover.open(session, List.of()));
    try (attempt) {
      MigrationStatus end = attempt.stopped();
      return new SavedMemory(
          MemoryMethod.PRE_COPY,
          Duration.ofNanos(System.nanoTime() - begin),
          end.transferredBytes(),
          session.greeting().version());
    } catch (HypervisorException e) {
      throw attempt.undo(e);
    } finally {
      capabilities.forget();
    }
  }

  private void requireRunning() throws HypervisorException {
    RunState state = session.execute(new MachineCommand.QueryStatus(), QUICK);
    if (state != RunState.RUNNING) {
      throw new MemorySaveException(
          "RAM is saved from a running machine only, this one is " + state, false, null);
    }
  }

  /** One run, with what has to be undone if it fails. */
  private final class Attempt implements AutoCloseable {
    private final MemorySave save;
    private final DiskSwitchover switchover;
    private final long deadline;
    private final QmpSubscription<QmpEvent.Stop> stops;
    private boolean stopped;
    private boolean switched;

    Attempt(MemorySave save, DiskSwitchover switchover) {
      this.save = save;
      this.switchover = switchover;
      this.deadline = System.nanoTime() + save.timeout().toNanos();
      this.stops = session.subscribe(QmpEvent.Stop.class);
    }

    @Override
    public void close() {
      stops.close();
    }

    /**
     * The stream comes first and the disks second, all within the stop: a stream that cannot even
     * begin leaves nothing to undo on the disks.
     */
    MigrationStatus inBackground() throws HypervisorException {
      parameters(UNLIMITED, DOWNTIME_MILLIS);
      stop();
      start();
      // With the first page written, QEMU has kept the device state and protects every page.
      await(status -> status.pages() > 0 || status.isCompleted(), STUNNED_TICK);
      switchDisks();
      cont();
      return await(MigrationStatus::isCompleted, RUNNING_TICK);
    }

    /**
     * @param mayGiveUp if the guest changes its RAM too fast; else it is stopped then
     * @return null after giving up; nothing has happened to guest and disks
     */
    MigrationStatus preCopy(boolean mayGiveUp) throws HypervisorException {
      parameters(UNLIMITED, LEAST_DOWNTIME);
      start();
      MigrationStatus status = firstPass();
      if (!status.isPausedBeforeSwitchover()) {
        letVolumeCatchUp(DOWNTIME_MILLIS);
      }
      long convergence = System.nanoTime() + save.convergence().toNanos();
      status =
          await(
              now ->
                  now.isPausedBeforeSwitchover()
                      || now.passes() > MAX_PASSES
                      || System.nanoTime() > convergence,
              RUNNING_TICK);
      if (mayGiveUp && !status.isPausedBeforeSwitchover()) {
        session.execute(MigrationCommand.CANCEL, QUICK);
        awaitEnd();
        if (session.execute(new MachineCommand.QueryStatus(), QUICK) == RunState.PAUSED) {
          cont();
        }
        return null;
      }
      stop(); // a no-op where QEMU has stopped the guest itself
      await(MigrationStatus::isPausedBeforeSwitchover, STUNNED_TICK);
      switchDisks();
      session.execute(new MigrationCommand.Continue(), QUICK);
      MigrationStatus end = await(MigrationStatus::isCompleted, STUNNED_TICK);
      cont();
      tell(end);
      return end;
    }

    /**
     * Writes all of the RAM. The guest of a calm machine is stopped at its end, and then the disks
     * are flushed, for which a volume that still has much of the RAM to write takes its time.
     */
    private MigrationStatus firstPass() throws HypervisorException {
      long caughtUp = 0;
      while (true) {
        long next = caughtUp + MAX_ARREARS;
        MigrationStatus status =
            await(
                now ->
                    now.isPausedBeforeSwitchover()
                        || now.passes() > 1
                        || now.transferredBytes() > next,
                RUNNING_TICK);
        if (status.isPausedBeforeSwitchover() || status.passes() > 1) {
          return status;
        }
        letVolumeCatchUp(LEAST_DOWNTIME);
        caughtUp = status.transferredBytes();
      }
    }

    /**
     * A kernel that has to keep too much for the volume makes whoever writes wait: QEMU, while the
     * guest stands still.
     */
    private void letVolumeCatchUp(long downtimeAfterwards) throws HypervisorException {
      parameters(TRICKLE, LEAST_DOWNTIME);
      try {
        save.flush().flush();
      } catch (IOException e) {
        throw new MemorySaveException(e.getMessage(), false, e);
      }
      parameters(UNLIMITED, downtimeAfterwards);
    }

    MigrationStatus stopped() throws HypervisorException {
      parameters(UNLIMITED, DOWNTIME_MILLIS);
      stop();
      start();
      return await(MigrationStatus::isCompleted, RUNNING_TICK);
    }

    /** Lets the guest go on; the deltas go, unless it writes to them already. */
    HypervisorException undo(HypervisorException cause) {
      if (session.end().isDone()) {
        return cause;
      }
      try {
        session.execute(MigrationCommand.CANCEL, QUICK);
        awaitEnd();
        if (stopped) {
          session.execute(MachineCommand.CONT, FLUSHING);
        }
      } catch (HypervisorException e) {
        cause.addSuppressed(e);
        return cause;
      }
      if (cause.isOutcomeUnknown() && !(cause instanceof MemorySaveException)) {
        return cause;
      }
      if (!switched) {
        switchover.discard(cause);
      }
      return new MemorySaveException(
          "RAM was not saved to " + save.file() + ": " + cause.getMessage(), switched, cause);
    }

    private void parameters(long bytesPerSecond, long downtimeMillis) throws HypervisorException {
      session.execute(new MigrationCommand.SetParameters(bytesPerSecond, downtimeMillis), QUICK);
    }

    private void start() throws HypervisorException {
      session.execute(
          new MigrationCommand.MigrateToFile(save.file().toString(), save.offset()), QUICK);
    }

    private void stop() throws HypervisorException {
      stopped = true;
      session.execute(MachineCommand.STOP, FLUSHING);
    }

    private void switchDisks() throws HypervisorException {
      switchover.commit();
      switched = true;
    }

    private void cont() throws HypervisorException {
      session.execute(MachineCommand.CONT, FLUSHING);
      stopped = false;
    }

    private void awaitEnd() throws HypervisorException {
      while (session.execute(new MigrationCommand.QueryMigrate(), QUICK).isUnderWay()) {
        stops.next(RUNNING_TICK);
      }
    }

    private MigrationStatus await(Predicate<MigrationStatus> reached, Duration tick)
        throws HypervisorException {
      Duration pause = tick;
      while (true) {
        MigrationStatus status = session.execute(new MigrationCommand.QueryMigrate(), QUICK);
        if (status.isBroken()) {
          throw new MemorySaveException(
              "QEMU ended as " + status.phase() + ": " + status.error(), switched, null);
        }
        if (!tick.equals(STUNNED_TICK)) {
          tell(status); // writes a file: nothing for a guest to wait for
        }
        if (reached.test(status)) {
          return status;
        }
        if (System.nanoTime() > deadline) {
          throw new MemorySaveException(
              "not done after " + save.timeout().toSeconds() + " s", switched, null);
        }
        pause = stops.next(pause).isPresent() ? STUNNED_TICK : pause;
      }
    }

    private void tell(MigrationStatus status) {
      progress.at(
          Math.max(0, status.totalBytes() - status.remainingBytes()),
          status.totalBytes(),
          status.bytesPerSecond());
    }
  }
}
