package io.vmsnap.job;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.MachineReplacement;
import io.vmsnap.hypervisor.Quiescer;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.hypervisor.qmp.QmpRunningVm;
import io.vmsnap.runner.control.ControlClient;
import io.vmsnap.runner.control.ControlServer;
import io.vmsnap.snapshot.VmConnector;
import io.vmsnap.storage.StorageLock;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.DirectoryFormat;
import java.io.IOException;
import java.util.Optional;

/**
 * Reaches the machine through QEMU's monitor for jobs. The machine is on exactly while a runner
 * holds its lock: a socket may be left from a process that is dead.
 */
public final class QemuConnector implements VmConnector {
  private final VmStorage storage;

  public QemuConnector(VmStorage storage) {
    this.storage = storage;
  }

  @Override
  public Optional<RunningVm> connect() throws IOException {
    if (!isOn()) {
      return Optional.empty();
    }
    try {
      return Optional.of(QmpRunningVm.connect(storage.path(DirectoryFormat.JOB_MONITOR)));
    } catch (HypervisorException e) {
      throw new HypervisorException(
          "the machine is on, but QEMU does not answer; it may be starting or stopping: "
              + e.getMessage(),
          e.isOutcomeUnknown(),
          e);
    }
  }

  @Override
  public MachineReplacement replacement() throws IOException {
    return ControlClient.connect(storage.path(ControlServer.SOCKET));
  }

  @Override
  public Quiescer quiescer() throws IOException {
    return ControlClient.connect(storage.path(ControlServer.SOCKET));
  }

  @Override
  public boolean isOn() throws IOException {
    if (!storage.exists(DirectoryFormat.RUNNER_LOCK)) {
      return false;
    }
    Optional<StorageLock> free = storage.tryLock(DirectoryFormat.RUNNER_LOCK);
    if (free.isPresent()) {
      free.get().close();
      return false;
    }
    return true;
  }
}
