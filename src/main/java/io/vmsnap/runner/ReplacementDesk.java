package io.vmsnap.runner;

import io.vmsnap.hypervisor.Accelerator;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.runner.control.ControlHandler;
import io.vmsnap.runner.control.ControlReply;
import io.vmsnap.runner.control.ControlRequest;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmxFile;
import java.io.IOException;
import java.time.Duration;

/**
 * Serves jobs that replace the machine. What one connection made ready ends with it, and with every
 * request to discard, so that a job which was given up can never promote anything later.
 */
final class ReplacementDesk implements ControlHandler, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ReplacementDesk.class.getName());
  private static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(1);
  private static final int MAX_CONFIGURATION = 4 << 20;

  private final VmStorage storage;
  private final MachineStarter starter;
  private final Accelerator accelerator;
  private final Succession succession;
  private volatile ReadyMachine ready;
  private volatile boolean closed;
  private Object owner;

  ReplacementDesk(
      VmStorage storage, MachineStarter starter, Accelerator accelerator, Succession succession) {
    this.storage = storage;
    this.starter = starter;
    this.accelerator = accelerator;
    this.succession = succession;
  }

  @Override
  public ControlReply handle(ControlRequest request, Object connection) {
    Duration timeout =
        request.timeoutMillis() == null
            ? DEFAULT_TIMEOUT
            : Duration.ofMillis(request.timeoutMillis());
    try {
      switch (request.command() == null ? "" : request.command()) {
        case ControlRequest.PREPARE -> prepare(request.configuration(), connection, timeout);
        case ControlRequest.PROMOTE -> promote(connection, timeout);
        case ControlRequest.POWER_OFF -> succession.ask(null, timeout);
        case ControlRequest.DISCARD -> discard();
        default -> {
          return ControlReply.failed(
              "NotSupported", "this runner does not know \"" + request.command() + "\"");
        }
      }
      return ControlReply.done();
    } catch (HypervisorException e) {
      return e.isOutcomeUnknown()
          ? ControlReply.unknown("HypervisorFailed", e.getMessage())
          : ControlReply.failed("HypervisorFailed", e.getMessage());
    } catch (RunnerFailure e) {
      return ControlReply.failed(e.reason().name(), e.getMessage());
    } catch (IOException | RuntimeException e) {
      return ControlReply.failed("StorageFailed", e.toString());
    }
  }

  private void prepare(String configuration, Object connection, Duration timeout)
      throws IOException, RunnerFailure {
    discard();
    if (configuration == null) {
      throw new HypervisorException("prepare: no configuration is named", false, null);
    }
    String name = VmDirectory.findName(storage);
    VmxFile vmx =
        VmxFile.parse(name + ".vmx", WholeFile.read(storage, configuration, MAX_CONFIGURATION));
    long begin = System.nanoTime();
    ready = starter.makeReady(VmDirectory.open(storage, name, vmx), accelerator, timeout);
    owner = connection;
    if (closed) {
      discard();
      throw new HypervisorException("prepare: the machine has ended", true, null);
    }
    LOG.log(
        System.Logger.Level.INFO,
        "another machine is ready after {0} ms, {1}",
        (System.nanoTime() - begin) / 1_000_000,
        ready.resumed() ? "with memory" : "without memory");
  }

  private void promote(Object connection, Duration timeout) throws HypervisorException {
    if (ready == null || owner != connection) {
      throw new HypervisorException("promote: nothing is ready", false, null);
    }
    ready.machine().state(); // one that died meanwhile must not cost the running one its life
    ReadyMachine successor = ready;
    // From now on it is for the other thread to run it or to end it.
    ready = null;
    try {
      succession.ask(successor, timeout);
    } catch (HypervisorException e) {
      if (!e.isOutcomeUnknown()) {
        successor.close();
      }
      throw e;
    }
  }

  private void discard() {
    if (ready != null) {
      LOG.log(System.Logger.Level.INFO, "the machine that was ready is discarded");
      ready.close();
      ready = null;
    }
    try {
      RunFolder.forget(storage);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "sockets stay in {0}: {1}", RunFolder.FOLDER, e);
    }
  }

  @Override
  public void disconnected(Object connection) {
    if (owner == connection) {
      discard();
    }
  }

  /** The runner ends: nothing that was made ready may outlive it, or be made ready any more. */
  @Override
  public void close() {
    closed = true;
    ReadyMachine left = ready;
    if (left != null) {
      left.close();
    }
  }
}
