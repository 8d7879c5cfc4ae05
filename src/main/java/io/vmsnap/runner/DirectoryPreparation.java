package io.vmsnap.runner;

import io.vmsnap.hypervisor.Accelerator;
import io.vmsnap.hypervisor.commandline.QemuBinary;
import io.vmsnap.snapshot.OperationLock;
import io.vmsnap.snapshot.Recovery;
import io.vmsnap.snapshot.Sealing;
import io.vmsnap.snapshot.VmConnector;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.DirectoryPreparer;
import io.vmsnap.vmdir.NotPreparableException;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmxFile;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * What happens to a directory before QEMU opens it and after QEMU has closed it. The caller holds
 * the operation lock, so that no job works there.
 */
final class DirectoryPreparation {
  private static final System.Logger LOG = System.getLogger(DirectoryPreparation.class.getName());

  private final VmStorage storage;

  DirectoryPreparation(VmStorage storage) {
    this.storage = storage;
  }

  /** The directory as the machine will see it, and what executes the guest. */
  record Prepared(VmDirectory directory, Accelerator accelerator) {}

  /** Makes the directory hold the machine. */
  Prepared before(OperationLock lock, VmDefinition definition, QemuBinary qemu)
      throws IOException, NotPreparableException, RunnerFailure {
    recover(lock);
    VmDirectory prepared = new DirectoryPreparer(storage, definition).prepare();
    VmDirectory directory = pin(prepared, qemu);
    MachineHardware hardware = new MachineHardware(directory.vmx());
    Accelerator accelerator =
        new AcceleratorChoice(storage, qemu)
            .choose(hardware.wantedAccelerator(), hardware.cpuModel());
    // Last, and durable before QEMU writes: from then on the tables of these deltas lag behind.
    Sealing.markActive(directory);
    return new Prepared(directory, accelerator);
  }

  /** Leaves files that every VMDK reader understands. */
  void after(OperationLock lock) throws IOException {
    recover(lock);
    List<String> sealed = Sealing.sealAll(VmDirectory.open(storage));
    if (!sealed.isEmpty()) {
      LOG.log(System.Logger.Level.INFO, "sealed {0}", String.join(", ", sealed));
    }
  }

  private void recover(OperationLock lock) throws IOException {
    Recovery.Outcome outcome = new Recovery(storage, lock).recover(VmConnector.POWERED_OFF);
    if (outcome != Recovery.Outcome.NOTHING) {
      LOG.log(System.Logger.Level.INFO, "an operation had been cut off: {0}", outcome);
    }
  }

  private VmDirectory pin(VmDirectory directory, QemuBinary qemu) throws IOException {
    VmxFile pinned = MachineHardware.pin(directory.vmx(), qemu, UUID.randomUUID());
    if (Arrays.equals(pinned.toBytes(), directory.vmx().toBytes())) {
      return directory;
    }
    WholeFile.replace(storage, pinned.file(), pinned.toBytes());
    return VmDirectory.open(storage);
  }
}
