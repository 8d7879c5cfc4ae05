package io.vmsnap.snapshot;

import io.vmsnap.hypervisor.RunningVm;
import java.io.IOException;
import java.util.Optional;

/** Finds out whether the machine of a directory is on, and reaches it. */
@FunctionalInterface
public interface VmConnector {
  /** For callers who know that no hypervisor has the directory, such as the runner at its start. */
  VmConnector POWERED_OFF = Optional::empty;

  /**
   * @return empty if the machine is off; the caller closes the connection
   * @throws io.vmsnap.hypervisor.HypervisorException if it is on, but does not answer
   */
  Optional<RunningVm> connect() throws IOException;
}
