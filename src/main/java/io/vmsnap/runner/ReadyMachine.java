package io.vmsnap.runner;

import io.vmsnap.hypervisor.HardwareProfile;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.commandline.PortForward;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.WaitingMemory;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A machine that is ready and has not run yet.
 *
 * @param number of its sockets
 * @param vmxFile its configuration's name once it is the directory's machine
 * @param ports to be forwarded to it
 * @param resumed whether its memory was loaded
 */
record ReadyMachine(
    Machine machine,
    int number,
    String vmxFile,
    HardwareProfile hardware,
    List<PortForward> ports,
    boolean resumed)
    implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ReadyMachine.class.getName());

  /**
   * Makes it the directory's machine and lets its guest run. Nobody else uses the disks and sockets
   * of the directory any more.
   *
   * @throws HypervisorException if QEMU does not do its part; it must be ended then
   */
  Machine run(VmStorage storage, String hostAddress) throws IOException {
    RunFolder.takeOver(storage, number);
    for (PortForward port : ports) {
      machine.forward(port, hostAddress);
    }
    // Durable before the guest runs: memory resumed a second time, over disks that moved on, would
    // destroy the guest's file systems. Memory that is lost is only a power cut.
    Optional<String> memory = MachineStarter.clearResumeMark(storage, vmxFile);
    machine.resume();
    if (memory.isPresent()) {
      deleteUnlessSnapshots(storage, memory.get());
    }
    return machine;
  }

  /**
   * Nobody can go on again from the memory of a suspended machine, or of a snapshot that was
   * deleted after the revert to it. RAM that is mapped from the file keeps it until the end.
   */
  private void deleteUnlessSnapshots(VmStorage storage, String file) {
    try {
      String name = vmxFile.substring(0, vmxFile.length() - ".vmx".length());
      if (WaitingMemory.isOfNoSnapshot(storage, name, file)) {
        storage.delete(file);
      }
    } catch (IOException e) {
      // The guest runs; the check of the directory tells of the file.
      LOG.log(System.Logger.Level.WARNING, "{0} is left over: {1}", file, e.getMessage());
    }
  }

  @Override
  public void close() {
    machine.close();
  }
}
