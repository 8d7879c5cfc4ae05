package io.vmsnap.runner;

import io.vmsnap.hypervisor.commandline.MachineConfiguration;
import io.vmsnap.hypervisor.commandline.QemuBinary;
import io.vmsnap.hypervisor.commandline.QemuCommandLine;
import io.vmsnap.snapshot.OperationLock;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.StorageLock;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.TaskOutcome;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
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
    VmDefinition definition = settings.definition();
    QemuBinary qemu = QemuBinary.find(settings.environment());
    StrayQemu.end(RunFolder.runnerMonitor(storage));
    DirectoryPreparation preparation = new DirectoryPreparation(storage);
    MachineExit exit;
    Optional<Machine> started = start(storage, preparation, definition, qemu);
    if (started.isEmpty()) {
      return new TaskOutcome(TaskReason.Completed, "stopped before the machine was started");
    }
    try (Machine machine = started.get();
        AgentWatch agent = new AgentWatch(RunFolder.guestAgent(storage))) {
      if (definition.guestAgent()) {
        agent.start();
      }
      exit = watch(machine, storage, agent);
    }
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
  private Optional<Machine> start(
      VmStorage storage, DirectoryPreparation preparation, VmDefinition definition, QemuBinary qemu)
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
      MachineConfiguration configuration =
          preparation.before(held, definition, qemu, settings.address().getHostAddress());
      if (stop.isRequested()) {
        return Optional.empty();
      }
      Machine machine =
          Machine.start(
              new Machine.Launch(
                  qemu.program(),
                  QemuCommandLine.arguments(configuration),
                  settings.directory(),
                  RunFolder.runnerMonitor(storage)),
              console);
      String accelerator = configuration.hardware().accelerator().qemuName();
      board.machine(accelerator, machine.qemuVersion());
      LOG.log(
          System.Logger.Level.INFO,
          "QEMU {0} runs {1} ({2}, {3}), process {4}",
          machine.qemuVersion(),
          definition.name(),
          configuration.hardware().machineType(),
          accelerator,
          Long.toString(machine.pid()));
      return Optional.of(machine);
    }
  }

  private MachineExit watch(Machine machine, VmStorage storage, AgentWatch agent)
      throws InterruptedException {
    Housekeeping housekeeping =
        new Housekeeping(
            machine, new DirectoryWatch(storage, settings.definition().name()), agent, board);
    while (true) {
      Optional<MachineExit> exit = machine.exit();
      if (exit.isPresent()) {
        return exit.get();
      }
      if (stop.isRequested()) {
        board.phase(RunPhase.SHUTTING_DOWN);
        LOG.log(System.Logger.Level.INFO, "asked to stop: powering the guest off");
        machine.powerOff(Duration.ofSeconds(settings.definition().stopTimeoutSeconds()));
        continue;
      }
      housekeeping.round();
      orphans.reap(machine.pid());
      awaitEvent(machine);
    }
  }

  /** Until the next round is due, or there is something to do at once. */
  private void awaitEvent(Machine machine) throws InterruptedException {
    try {
      CompletableFuture.anyOf(machine.onExit(), stop.future().copy())
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
