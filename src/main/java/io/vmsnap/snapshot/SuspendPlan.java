package io.vmsnap.snapshot;

import io.vmsnap.snapshot.CreatePlan.NewFile;
import io.vmsnap.snapshot.CreatePlan.NewMemory;

/**
 * Everything that suspending a machine will do; kept in the journal.
 *
 * @param memory the {@code .vmss}
 * @param vmx with the mark from which the next start goes on
 */
public record SuspendPlan(String requestId, NewMemory memory, NewFile vmx) {
  static final String OPERATION = "suspend";

  /** VMware's name for the memory of a suspended machine. */
  static String file(String vmName) {
    return vmName + ".vmss";
  }
}
