package io.vmsnap.runner;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.commandline.QemuBinary;
import io.vmsnap.runner.control.ControlServer;
import io.vmsnap.snapshot.OperationLock;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.StorageLock;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs one virtual machine from the state in which its directory is found to the state in which
 * every VMDK reader understands it again. Described in {@code docs/concepts/runner.md}.
 */
final class Runner {
  private static final System.Logger LOG = System.getLogger(Runner.class.getName());

  static final String LOCK_FILE = ".vmsnap/runner.lock";
  private static final Duration ROUND = Duration.ofSeconds(1);
  private static final Duration LOCK_POLL = Duration.ofMillis(250);

  /** For a job at work on a machine that is off; it may have to seal a large delta. */
  private static final Duration LOCK_DEADLINE_AT_START = Duration.ofMinutes(10);

  /** For the memory of a machine that was suspended or reverted, read in full. */
  private static final Duration MEMORY_DEADLINE = Duration.ofMinutes(10);

  /** At the end the pod's grace period runs; what is not sealed now is sealed by the next. */
  private static final Duration LOCK_DEADLINE_AT_END = Duration.ofSeconds(20);

  private final RunnerSettings settings;
  private final StopRequest stop;
  private final OutputStream console;
  private final StatusBoard board = new StatusBoard();
  private final OrphanReaper orphans = new OrphanReaper();

  /**
   * @param console takes the guest's serial console
   */
  Runner(RunnerSettings settings, StopRequest stop, OutputStream console) {
    this.settings = settings;
    this.stop = stop;
    this.console = console;
  }

  /** Returns when the machine is off and its files are sealed. */
  TaskOutcome run() {
    try (StatusServer server =
            new StatusServer(new InetSocketAddress(settings.address(), settings.port()), board);
        VmStorage storage = new LocalStorage(settings.directory())) {
      LOG.log(System.Logger.Level.INFO, "status is served on {0}", server.address());
      RunFolder.create(storage);
      Optional<StorageLock> lock = storage.tryLock(LOCK_FILE);
      if (lock.isEmpty()) {
        throw new RunnerFailure(
            TaskReason.VMBusy,
            LOCK_FILE
                + " is held by another runner: the machine runs in another pod; this one is tried"
                + " again when that has ended");
      }
      try (StorageLock held = lock.get()) {
        return run(storage);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new TaskOutcome(TaskReason.Interrupted, "interrupted");
    } catch (Exception e) {
      RunnerFailure failure = RunnerFailure.of(e);
      LOG.log(
          System.Logger.Level.ERROR,
          failure.getMessage(),
          failure.reason() == TaskReason.InternalError ? e : null);
      return failure.outcome();
    }
  }

  private TaskOutcome run(VmStorage storage) throws Exception {
    QemuBinary qemu = QemuBinary.find(settings.environment());
    StrayQemu.end(RunFolder.runnerMonitor(storage));
    DirectoryPreparation preparation = new DirectoryPreparation(storage);
    MachineStarter starter = new MachineStarter(storage, settings, qemu, console);
    Optional<ReadyMachine> first = start(storage, preparation, starter, qemu);
    if (first.isEmpty()) {
      return new TaskOutcome(TaskReason.Completed, "stopped before the machine was started");
    }
    MachineExit exit = live(first.get(), storage, starter);
    board.phase(RunPhase.STOPPED);
    LOG.log(System.Logger.Level.INFO, exit.message());
    seal(storage, preparation);
    return new TaskOutcome(
        exit.cause() == MachineExit.Cause.CRASH
            ? TaskReason.HypervisorFailed
            : TaskReason.Completed,
        exit.message());
  }

  /** Empty if the wish to stop came first. */
  private Optional<ReadyMachine> start(
      VmStorage storage, DirectoryPreparation preparation, MachineStarter starter, QemuBinary qemu)
      throws Exception {
    Optional<OperationLock> lock = acquire(storage, LOCK_DEADLINE_AT_START, true);
    if (lock.isEmpty()) {
      if (stop.isRequested()) {
        return Optional.empty();
      }
      throw new RunnerFailure(
          TaskReason.VMBusy, OperationLock.FILE + " is held by a job that does not end");
    }
    try (OperationLock held = lock.get()) {
      if (!new DirectoryAdoption(storage, settings.definition(), board, stop).run(held)) {
        return Optional.empty();
      }
      DirectoryPreparation.Prepared prepared =
          preparation.before(held, settings.definition(), qemu);
      if (stop.isRequested()) {
        return Optional.empty();
      }
      ReadyMachine ready =
          starter.makeReady(prepared.directory(), prepared.accelerator(), MEMORY_DEADLINE);
      try {
        ready.run(storage, settings.address().getHostAddress());
      } catch (IOException | RuntimeException e) {
        ready.close();
        throw e;
      }
      return Optional.of(ready);
    }
  }

  /** From the first machine to the end of the last one. */
  private MachineExit live(ReadyMachine first, VmStorage storage, MachineStarter starter)
      throws IOException, InterruptedException {
    Succession succession = new Succession();
    ReadyMachine current = first;
    try (FreezeDesk freezing = new FreezeDesk(settings.definition().guestAgent());
        ReplacementDesk replacing =
            new ReplacementDesk(storage, starter, first.hardware().accelerator(), succession);
        ControlServer control =
            ControlServer.start(
                storage.path(ControlServer.SOCKET), new FrontDesk(freezing, replacing))) {
      while (true) {
        announce(current);
        Succession.Order order;
        try (Machine machine = current.machine();
            AgentWatch agent = new AgentWatch(RunFolder.guestAgent(storage))) {
          if (settings.definition().guestAgent()) {
            agent.start();
          }
          freezing.serve(agent);
          order = watch(machine, storage, agent, succession);
          if (order == null) {
            return machine.exit().orElseThrow();
          }
          machine.kill();
          if (order.successor() == null) {
            order.done();
            return machine.exit().orElseThrow();
          }
        }
        current = succeed(order, storage);
      }
    } finally {
      succession.close();
    }
  }

  /** The machine before has ended; if this one does not run, the runner ends too. */
  private ReadyMachine succeed(Succession.Order order, VmStorage storage) throws IOException {
    ReadyMachine successor = order.successor();
    try {
      successor.run(storage, settings.address().getHostAddress());
    } catch (IOException | RuntimeException e) {
      successor.close();
      order.failed(
          new HypervisorException("the new machine does not run: " + e.getMessage(), true, e));
      throw e;
    }
    order.done();
    return successor;
  }

  private void announce(ReadyMachine ready) {
    String accelerator = ready.hardware().accelerator().qemuName();
    board.machine(accelerator, ready.machine().qemuVersion());
    LOG.log(
        System.Logger.Level.INFO,
        "QEMU {0} runs {1} ({2}, {3}{4}), process {5}",
        ready.machine().qemuVersion(),
        settings.definition().name(),
        ready.hardware().machineType(),
        accelerator,
        ready.resumed() ? ", from saved memory" : "",
        Long.toString(ready.machine().pid()));
  }

  /** Until the machine has ended, for which it returns null, or is to make room for another. */
  private Succession.Order watch(
      Machine machine, VmStorage storage, AgentWatch agent, Succession succession)
      throws InterruptedException {
    Housekeeping housekeeping =
        new Housekeeping(
            machine,
            new DirectoryWatch(storage, settings.definition().name()),
            agent,
            board,
            new AbandonedPause(storage));
    while (true) {
      if (machine.exit().isPresent()) {
        return null;
      }
      if (stop.isRequested()) {
        board.phase(RunPhase.SHUTTING_DOWN);
        LOG.log(System.Logger.Level.INFO, "asked to stop: powering the guest off");
        machine.powerOff(Duration.ofSeconds(settings.definition().stopTimeoutSeconds()));
        continue;
      }
      Succession.Order order = succession.take();
      if (order != null) {
        return order;
      }
      housekeeping.round();
      orphans.reap(QemuProcess::isAwaited);
      awaitEvent(machine, succession);
    }
  }

  /** Until the next round is due, or there is something to do at once. */
  private void awaitEvent(Machine machine, Succession succession) throws InterruptedException {
    try {
      CompletableFuture.anyOf(machine.onExit(), stop.future().copy(), succession.arrival())
          .get(ROUND.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      // The usual case: nothing happened.
    } catch (ExecutionException e) {
      throw new IllegalStateException("these futures do not fail", e);
    }
  }

  /** Failing here loses nothing: the header says that the tables lag, and the next one seals. */
  private void seal(VmStorage storage, DirectoryPreparation preparation)
      throws InterruptedException {
    try {
      Optional<OperationLock> lock = acquire(storage, LOCK_DEADLINE_AT_END, false);
      if (lock.isEmpty()) {
        LOG.log(System.Logger.Level.WARNING, "a job works on the directory: not sealed");
        return;
      }
      try (OperationLock held = lock.get()) {
        preparation.after(held);
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "not sealed: " + e.getMessage());
    }
  }

  private Optional<OperationLock> acquire(VmStorage storage, Duration deadline, boolean stoppable)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + deadline.toNanos();
    while (true) {
      Optional<OperationLock> lock = OperationLock.tryAcquire(storage);
      if (lock.isPresent() || System.nanoTime() > end || (stoppable && stop.isRequested())) {
        board.noProblem();
        return lock;
      }
      board.problem(TaskReason.VMBusy, "waiting for a job that works on the directory");
      pause();
    }
  }

  /** The request to stop may have come already; then it would not wait at all. */
  private void pause() throws InterruptedException {
    try {
      new CompletableFuture<Void>().get(LOCK_POLL.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      // As intended.
    } catch (ExecutionException e) {
      throw new IllegalStateException("nobody completes it", e);
    }
  }
}
