package io.vmsnap.hypervisor.qmp;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.RunState;
import java.time.Duration;
import java.util.Locale;

/** What the owner of a QEMU process may do with it, besides what any {@link QmpRunningVm} may. */
public final class QmpMachineControl implements AutoCloseable {
  private static final Duration QUICK = Duration.ofSeconds(10);

  private final QmpSession session;

  public QmpMachineControl(QmpSession session) {
    this.session = session;
  }

  /** QEMU's version. */
  public String version() {
    return session.greeting().version();
  }

  public RunState state() throws HypervisorException {
    return session.execute(new MachineCommand.QueryStatus(), QUICK);
  }

  /** The guest decides what it does about it. */
  public void pressPowerButton() throws HypervisorException {
    session.execute(MachineCommand.SYSTEM_POWERDOWN, QUICK);
  }

  /** Lets the virtual CPUs go on, and repeats the disk requests that failed. */
  public void resume() throws HypervisorException {
    session.execute(MachineCommand.CONT, QUICK);
  }

  /**
   * Makes a port of the guest reachable on the host.
   *
   * @param protocol {@code TCP} or {@code UDP}
   * @throws HypervisorException with QEMU's words if the port is taken
   */
  public void forward(String protocol, String hostAddress, int port) throws HypervisorException {
    // QMP has no command of its own for it.
    String line =
        "hostfwd_add net0 %s:%s:%d-:%d"
            .formatted(protocol.toLowerCase(Locale.ROOT), hostAddress, port, port);
    String answer = session.execute(new MachineCommand.HumanMonitor(line), QUICK);
    if (!answer.isBlank()) {
      throw new HypervisorException(line + ": " + answer.strip(), false, null);
    }
  }

  /** Makes QEMU flush its disks and end. */
  public void quit() throws HypervisorException {
    session.execute(MachineCommand.QUIT, QUICK);
  }

  public <E extends QmpEvent> QmpSubscription<E> subscribe(Class<E> type) {
    return session.subscribe(type);
  }

  @Override
  public void close() {
    session.close();
  }
}
