package io.vmsnap.runner;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.commandline.PortForward;
import io.vmsnap.hypervisor.qmp.QmpEvent;
import io.vmsnap.hypervisor.qmp.QmpMachineControl;
import io.vmsnap.hypervisor.qmp.QmpMemoryLoader;
import io.vmsnap.hypervisor.qmp.QmpSession;
import io.vmsnap.hypervisor.qmp.QmpSubscription;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One life of the virtual machine: from the start of a QEMU process to its end. A runner can have
 * several in a row over the same directory.
 */
final class Machine implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Machine.class.getName());

  /** QEMU opens its sockets within milliseconds; a loaded node may take longer. */
  private static final Duration START_DEADLINE = Duration.ofSeconds(60);

  private static final Duration POLL = Duration.ofMillis(3);

  /** A guest that is still booting ignores its power button: it is pressed again. */
  private static final Duration BUTTON_INTERVAL = Duration.ofSeconds(3);

  /** For QEMU to flush its disks once the guest is off. */
  private static final Duration QUIT_DEADLINE = Duration.ofSeconds(30);

  private final QemuProcess qemu;
  private final QmpSession session;
  private final QmpMachineControl control;
  private final QmpSubscription<QmpEvent.Shutdown> shutdowns;
  private final QmpSubscription<QmpEvent.BlockIoError> ioErrors;
  private final Thread console;
  private QmpEvent.Shutdown shutdown;
  private boolean stopping;

  private Machine(QemuProcess qemu, QmpSession session, Thread console) {
    this.qemu = qemu;
    this.session = session;
    this.control = new QmpMachineControl(session);
    this.console = console;
    this.shutdowns = control.subscribe(QmpEvent.Shutdown.class);
    this.ioErrors = control.subscribe(QmpEvent.BlockIoError.class);
  }

  /**
   * What to start.
   *
   * @param program QEMU
   * @param directory its working directory
   * @param monitor socket of the runner's own monitor
   */
  record Launch(Path program, List<String> arguments, Path directory, Path monitor) {}

  /**
   * Starts QEMU and waits until it answers.
   *
   * @param consoleLog takes the lines of the serial console
   * @throws HypervisorException with QEMU's own words if it does not come up; nothing is left then
   */
  static Machine start(Launch launch, OutputStream consoleLog) throws HypervisorException {
    QemuProcess qemu = QemuProcess.start(launch.program(), launch.arguments(), launch.directory());
    try {
      Thread console = ConsoleLog.copy(qemu.process().getInputStream(), consoleLog);
      return new Machine(qemu, connect(qemu, launch.monitor()), console);
    } catch (HypervisorException | RuntimeException e) {
      qemu.process().destroyForcibly();
      throw e;
    }
  }

  private static QmpSession connect(QemuProcess qemu, Path monitor) throws HypervisorException {
    long deadline = System.nanoTime() + START_DEADLINE.toNanos();
    while (true) {
      try {
        return QmpSession.connect(monitor, START_DEADLINE);
      } catch (HypervisorException e) {
        if (ended(qemu.process(), POLL)) {
          throw new HypervisorException(
              "QEMU did not start (status " + qemu.process().exitValue() + "): " + qemu.lastWords(),
              false,
              e);
        }
        if (System.nanoTime() > deadline) {
          throw e;
        }
      }
    }
  }

  private static boolean ended(Process process, Duration wait) throws HypervisorException {
    try {
      return process.waitFor(wait.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HypervisorException("interrupted while QEMU started", false, e);
    }
  }

  long pid() {
    return qemu.process().pid();
  }

  String qemuVersion() {
    return control.version();
  }

  RunState state() throws HypervisorException {
    return control.state();
  }

  /** Lets a guest run that waits to, or that stopped at a failed write, which is tried again. */
  void resume() throws HypervisorException {
    control.resume();
  }

  /**
   * Loads saved memory into a machine that waits for it; it stays paused.
   *
   * @param offset byte of the file at which the stream begins
   */
  void loadMemory(Path file, long offset, Duration timeout) throws HypervisorException {
    new QmpMemoryLoader(session).load(file, offset, timeout);
  }

  /** Makes a port of the guest reachable on the host's address. */
  void forward(PortForward port, String hostAddress) throws HypervisorException {
    control.forward(port.protocol().name(), hostAddress, port.port());
  }

  /** Ends it at once, as a power cut does. Nothing writes to its disks when this returns. */
  void kill() {
    stopping = true;
    qemu.process().destroyForcibly();
    qemu.process().onExit().join();
  }

  /** Failed disk requests since the last call. */
  List<QmpEvent.BlockIoError> ioErrors() {
    return ioErrors.drain();
  }

  /** Completes when QEMU has ended. */
  CompletableFuture<Process> onExit() {
    return qemu.process().onExit();
  }

  /** Empty while QEMU runs. */
  Optional<MachineExit> exit() {
    if (qemu.process().isAlive()) {
      return Optional.empty();
    }
    int status = qemu.process().exitValue();
    List<QmpEvent.Shutdown> seen = shutdowns.drain();
    if (!seen.isEmpty()) {
      shutdown = seen.getLast();
    }
    if (stopping) {
      return Optional.of(new MachineExit(MachineExit.Cause.REQUESTED, "powered off on request"));
    }
    if (shutdown != null && shutdown.guest() && status == 0) {
      return Optional.of(
          new MachineExit(
              MachineExit.Cause.GUEST, "the guest powered off (" + shutdown.reason() + ")"));
    }
    String words = qemu.lastWords();
    return Optional.of(
        new MachineExit(
            MachineExit.Cause.CRASH,
            "QEMU ended "
                + describe(status)
                + (shutdown == null ? "" : " (" + shutdown.reason() + ")")
                + (words.isEmpty() ? "" : ": " + words)));
  }

  /** Java reports a death by signal N as status 128 + N. */
  private static String describe(int status) {
    return status > 128 ? "by signal " + (status - 128) : "with status " + status;
  }

  /**
   * Powers the machine off: presses its power button, cuts the power if the guest has not followed
   * before the deadline, and kills QEMU if that hangs. QEMU has ended when this returns.
   */
  void powerOff(Duration deadline) {
    stopping = true;
    long end = System.nanoTime() + deadline.toNanos();
    try {
      if (control.state() == RunState.RUNNING) {
        while (qemu.process().isAlive() && System.nanoTime() < end) {
          control.pressPowerButton();
          Duration left = Duration.ofNanos(end - System.nanoTime());
          awaitExit(left.compareTo(BUTTON_INTERVAL) < 0 ? left : BUTTON_INTERVAL);
        }
        if (qemu.process().isAlive()) {
          LOG.log(
              System.Logger.Level.WARNING,
              "the guest did not power off within {0} s: its power is cut",
              deadline.toSeconds());
        }
      } else {
        LOG.log(System.Logger.Level.WARNING, "the guest is not running: its power is cut at once");
      }
      if (qemu.process().isAlive()) {
        control.quit();
        awaitExit(QUIT_DEADLINE);
      }
    } catch (HypervisorException e) {
      // Expected when QEMU ends while it answers.
      LOG.log(System.Logger.Level.DEBUG, "while powering off", e);
      awaitExit(Duration.ofSeconds(1));
    }
    if (qemu.process().isAlive()) {
      LOG.log(System.Logger.Level.ERROR, "QEMU does not end: it is killed");
      qemu.process().destroyForcibly();
      qemu.process().onExit().join();
    }
  }

  private void awaitExit(Duration timeout) {
    try {
      qemu.process().onExit().get(Math.max(0, timeout.toNanos()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException | ExecutionException e) {
      // The caller looks whether it is alive.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends what is left of it; the console's last line is in the log afterwards. */
  @Override
  public void close() {
    control.close();
    if (qemu.process().isAlive()) {
      qemu.process().destroyForcibly();
    }
    try {
      console.join(Duration.ofSeconds(2));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
