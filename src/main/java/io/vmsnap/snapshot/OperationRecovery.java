package io.vmsnap.snapshot;

import io.vmsnap.snapshot.journal.JournalEntry;
import java.io.IOException;

/** What brings a cut-off operation of one kind to an end. May itself be cut off and repeated. */
interface OperationRecovery {
  /**
   * @param vm asked only if the machine may have been changed
   * @throws io.vmsnap.hypervisor.HypervisorException if the machine is on and its disks cannot be
   *     told; nothing was changed
   */
  Recovery.Outcome recover(JournalEntry entry, VmConnector vm) throws IOException;
}
