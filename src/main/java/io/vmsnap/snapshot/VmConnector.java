package io.vmsnap.snapshot;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.MachineReplacement;
import io.vmsnap.hypervisor.QuiesceException;
import io.vmsnap.hypervisor.Quiescer;
import io.vmsnap.hypervisor.RunningVm;
import java.io.IOException;
import java.util.Optional;

/** Finds out whether the machine of a directory is on, and reaches it. */
@FunctionalInterface
public interface VmConnector {
  /** For callers who know that no hypervisor has the directory, such as the runner at its start. */
  VmConnector POWERED_OFF =
      new VmConnector() { // no lambda: in an interface it is linked anew in each process
        @Override
        public Optional<RunningVm> connect() {
          return Optional.empty();
        }
      };

  /**
   * @return empty if the machine is off; the caller closes the connection
   * @throws io.vmsnap.hypervisor.HypervisorException if it is on, but does not answer
   */
  Optional<RunningVm> connect() throws IOException;

  /** Whether the machine is on, which it also is while it does not answer. */
  default boolean isOn() throws IOException {
    Optional<RunningVm> vm = connect();
    vm.ifPresent(RunningVm::close);
    return vm.isPresent();
  }

  /**
   * The way to freeze the guest of a machine that is on; the caller closes it.
   *
   * @throws HypervisorException if there is none
   */
  default Quiescer quiescer() throws IOException {
    throw new QuiesceException(
        QuiesceException.Cause.AGENT_NOT_CONNECTED, "no runner serves the machine", null);
  }

  /**
   * The way to replace a machine that is on by another state of it; the caller closes it.
   *
   * @throws HypervisorException if it cannot be replaced
   */
  default MachineReplacement replacement() throws IOException {
    throw new HypervisorException(
        "the machine cannot be replaced while it is on; power it off first", false, null);
  }
}
