package io.vmsnap.hypervisor.qmp;

import io.vmsnap.hypervisor.DiskSwitch;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.MemoryMethod;
import io.vmsnap.hypervisor.MemoryProgress;
import io.vmsnap.hypervisor.MemorySave;
import io.vmsnap.hypervisor.MemorySaveException;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.SavedMemory;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Writes a machine's RAM and device state as a {@code mapped-ram} stream (QEMU {@code
 * docs/devel/migration/mapped-ram.rst}) and switches the disks while the guest stands still in
 * between, so that both are of the same instant.
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

  /** A guest that changes RAM faster than it is written gets no better by more passes. */
  private static final long MAX_PASSES = 6;

  private final QmpSession session;
  private final MemoryProgress progress;

  QmpMemorySaver(QmpSession session, MemoryProgress progress) {
    this.session = session;
    this.progress = progress;
  }

  SavedMemory save(MemorySave save, List<DiskSwitch> switches) throws HypervisorException {
    requireRunning();
    MemoryMethod method = choose(save.method());
    DiskSwitchover switchover = DiskSwitchover.open(session, switches);
    Attempt attempt = new Attempt(save, switchover);
    try (StunClock clock = new StunClock(session)) {
      session.execute(new MigrationCommand.SetParameters(UNLIMITED, DOWNTIME_MILLIS), QUICK);
      MigrationStatus end =
          switch (method) {
            case BACKGROUND_SNAPSHOT -> attempt.inBackground();
            case PRE_COPY -> attempt.preCopy();
          };
      return new SavedMemory(
          method, clock.stun(), end.transferredBytes(), session.greeting().version());
    } catch (HypervisorException e) {
      throw attempt.undo(e);
    } finally {
      forgetCapabilities();
    }
  }

  /** Saves a guest that does not run any more; it stays stopped. */
  SavedMemory suspend(MemorySave save) throws HypervisorException {
    requireRunning();
    setCapabilities(false, false);
    Attempt attempt = new Attempt(save, DiskSwitchover.open(session, List.of()));
    long begin = System.nanoTime();
    try {
      session.execute(new MigrationCommand.SetParameters(UNLIMITED, DOWNTIME_MILLIS), QUICK);
      MigrationStatus end = attempt.stopped();
      return new SavedMemory(
          MemoryMethod.PRE_COPY,
          Duration.ofNanos(System.nanoTime() - begin),
          end.transferredBytes(),
          session.greeting().version());
    } catch (HypervisorException e) {
      throw attempt.undo(e);
    } finally {
      forgetCapabilities();
    }
  }

  private void requireRunning() throws HypervisorException {
    RunState state = session.execute(new MachineCommand.QueryStatus(), QUICK);
    if (state != RunState.RUNNING) {
      throw new MemorySaveException(
          "RAM is saved from a running machine only, this one is " + state, false, null);
    }
  }

  /** Finds out by trying: QEMU refuses the capability where kernel or RAM do not allow it. */
  private MemoryMethod choose(MemoryMethod wanted) throws HypervisorException {
    if (wanted == MemoryMethod.PRE_COPY) {
      setCapabilities(false, true);
      return wanted;
    }
    try {
      setCapabilities(true, false);
      return MemoryMethod.BACKGROUND_SNAPSHOT;
    } catch (QmpCommandException e) {
      if (wanted == MemoryMethod.BACKGROUND_SNAPSHOT) {
        throw new MemorySaveException(
            "a background snapshot of the RAM is not possible here: " + e.getMessage(), false, e);
      }
      setCapabilities(false, true);
      return MemoryMethod.PRE_COPY;
    }
  }

  private void setCapabilities(boolean background, boolean pause) throws HypervisorException {
    // Those to be switched off come first: QEMU refuses some pairs even for a moment.
    Map<String, Boolean> capabilities = new LinkedHashMap<>();
    if (!background) {
      capabilities.put(MigrationCommand.BACKGROUND_SNAPSHOT, false);
    }
    if (!pause) {
      capabilities.put(MigrationCommand.PAUSE_BEFORE_SWITCHOVER, false);
    }
    capabilities.put(MigrationCommand.MAPPED_RAM, true);
    if (background) {
      capabilities.put(MigrationCommand.BACKGROUND_SNAPSHOT, true);
    }
    if (pause) {
      capabilities.put(MigrationCommand.PAUSE_BEFORE_SWITCHOVER, true);
    }
    session.execute(new MigrationCommand.SetCapabilities(capabilities), QUICK);
  }

  /** Best effort: they matter only to somebody else who migrates this machine. */
  private void forgetCapabilities() {
    try {
      session.execute(
          new MigrationCommand.SetCapabilities(
              Map.of(
                  MigrationCommand.BACKGROUND_SNAPSHOT, false,
                  MigrationCommand.PAUSE_BEFORE_SWITCHOVER, false,
                  MigrationCommand.MAPPED_RAM, false)),
          QUICK);
    } catch (HypervisorException e) {
      // The machine is gone, or still cancelling; the next save sets them anew.
    }
  }

  /** One run, with what has to be undone if it fails. */
  private final class Attempt {
    private final MemorySave save;
    private final DiskSwitchover switchover;
    private final long deadline;
    private boolean stopped;
    private boolean switched;

    Attempt(MemorySave save, DiskSwitchover switchover) {
      this.save = save;
      this.switchover = switchover;
      this.deadline = System.nanoTime() + save.timeout().toNanos();
    }

    /**
     * The stream comes first and the disks second, all within the stop: a stream that cannot even
     * begin leaves nothing to undo on the disks.
     */
    MigrationStatus inBackground() throws HypervisorException {
      stop();
      start();
      // With the first page written, QEMU has kept the device state and protects every page.
      await(status -> status.pages() > 0 || status.isCompleted(), STUNNED_TICK);
      switchDisks();
      cont();
      return await(MigrationStatus::isCompleted, RUNNING_TICK);
    }

    MigrationStatus preCopy() throws HypervisorException {
      start();
      long convergence = System.nanoTime() + save.convergence().toNanos();
      await(
          status ->
              status.isPausedBeforeSwitchover()
                  || status.passes() > MAX_PASSES
                  || System.nanoTime() > convergence,
          RUNNING_TICK);
      stop(); // a no-op where QEMU has stopped the guest itself
      await(MigrationStatus::isPausedBeforeSwitchover, STUNNED_TICK);
      switchDisks();
      session.execute(new MigrationCommand.Continue(), QUICK);
      MigrationStatus end = await(MigrationStatus::isCompleted, STUNNED_TICK);
      cont();
      return end;
    }

    MigrationStatus stopped() throws HypervisorException {
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
        pause(RUNNING_TICK);
      }
    }

    private MigrationStatus await(Predicate<MigrationStatus> reached, Duration tick)
        throws HypervisorException {
      while (true) {
        MigrationStatus status = session.execute(new MigrationCommand.QueryMigrate(), QUICK);
        if (status.isBroken()) {
          throw new MemorySaveException(
              "QEMU ended as " + status.phase() + ": " + status.error(), switched, null);
        }
        progress.at(
            Math.max(0, status.totalBytes() - status.remainingBytes()),
            status.totalBytes(),
            status.bytesPerSecond());
        if (reached.test(status)) {
          return status;
        }
        if (System.nanoTime() > deadline) {
          throw new MemorySaveException(
              "not done after " + save.timeout().toSeconds() + " s", switched, null);
        }
        pause(tick);
      }
    }

    /** Waits for the tick, or less if the machine ends. */
    private void pause(Duration tick) {
      session.end().completeOnTimeout(null, tick.toNanos(), TimeUnit.NANOSECONDS).join();
    }
  }
}
