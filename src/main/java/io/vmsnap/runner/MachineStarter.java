package io.vmsnap.runner;

import io.vmsnap.hypervisor.Accelerator;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.commandline.IncomingMemory;
import io.vmsnap.hypervisor.commandline.MachineConfiguration;
import io.vmsnap.hypervisor.commandline.PortForward;
import io.vmsnap.hypervisor.commandline.QemuBinary;
import io.vmsnap.hypervisor.commandline.QemuCommandLine;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.vmdir.DamagedFileException;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmsnFile;
import io.vmsnap.vmdir.VmsnMemory;
import io.vmsnap.vmdir.VmxFile;
import io.vmsnap.vmdir.memory.MemoryFile;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes machines ready from a configuration: QEMU up, disks open, memory loaded if the
 * configuration names any, guest not yet running. Each has sockets of its own until it takes over.
 */
final class MachineStarter {
  private static final String EAGER = "Eager";

  private final VmStorage storage;
  private final RunnerSettings settings;
  private final QemuBinary qemu;
  private final OutputStream console;
  private int count;

  MachineStarter(
      VmStorage storage, RunnerSettings settings, QemuBinary qemu, OutputStream console) {
    this.storage = storage;
    this.settings = settings;
    this.qemu = qemu;
    this.console = console;
  }

  /**
   * @param directory as that machine is to see it
   * @throws HypervisorException with QEMU's words if there can be no such machine; nothing is left
   *     of it then
   */
  ReadyMachine makeReady(VmDirectory directory, Accelerator accelerator, Duration timeout)
      throws IOException, RunnerFailure {
    int number = count++;
    MachineConfiguration machine =
        new MachineBlueprint(
                directory, settings.definition(), qemu, settings.address().getHostAddress())
            .draw(accelerator, RunFolder.sockets(number));
    List<PortForward> ports = machine.ports();
    // Ports are the running machine's until the other one takes over.
    machine = machine.withoutPorts();
    SavedRam ram = SavedRam.of(storage, directory.vmx(), number);
    if (ram != null) {
      machine = machine.resuming(ram.incoming(storage));
    }
    List<String> arguments = new ArrayList<>(QemuCommandLine.arguments(machine));
    if (ram == null) {
      arguments.add("-S");
    }
    Machine started =
        Machine.start(
            new Machine.Launch(
                qemu.program(),
                arguments,
                settings.directory(),
                storage.path(RunFolder.FOLDER).resolve(RunFolder.runnerMonitor(number))),
            console);
    try {
      if (ram != null) {
        ram.load(storage, started, timeout);
      }
      return new ReadyMachine(
          started, number, directory.vmx().file(), machine.hardware(), ports, ram != null);
    } catch (IOException | RuntimeException e) {
      started.close();
      throw e;
    }
  }

  /**
   * Memory from which a machine goes on.
   *
   * @param stateOnly file for the stream without the pages of RAM, while it is read
   */
  private record SavedRam(String file, VmsnMemory memory, boolean eager, String stateOnly) {
    /** Null if the configuration names none. */
    static SavedRam of(VmStorage storage, VmxFile vmx, int number) throws IOException {
      String file = vmx.get(VmxFile.RESUME_FROM).orElse(null);
      if (file == null) {
        return null;
      }
      VmsnMemory memory = VmsnFile.read(storage, file).memory();
      if (memory == null) {
        throw new DamagedFileException(
            file, "holds no memory, and " + vmx.file() + " says to resume from it");
      }
      return new SavedRam(
          file,
          memory,
          vmx.get(VmxFile.RESUME_LOAD).orElse("").equals(EAGER),
          RunFolder.FOLDER + "/state-" + number);
    }

    /** On demand, RAM is the file itself until the guest writes; the stream is then without it. */
    IncomingMemory incoming(VmStorage storage) {
      return eager
          ? IncomingMemory.EAGER
          : new IncomingMemory(storage.path(file), memory.pagesOffset());
    }

    void load(VmStorage storage, Machine machine, Duration timeout) throws IOException {
      if (eager) {
        MemoryFile.checkState(storage, file, memory);
        machine.loadMemory(storage.path(file), memory.offset(), timeout);
        return;
      }
      MemoryFile.writeStateOnly(storage, file, stateOnly);
      try {
        machine.loadMemory(storage.path(stateOnly), memory.offset(), timeout);
      } finally {
        storage.delete(stateOnly);
      }
    }
  }

  /**
   * Takes the mark away, durably: the same memory must never be resumed a second time.
   *
   * @return the file that it named
   */
  static Optional<String> clearResumeMark(VmStorage storage, String vmxFile) throws IOException {
    VmxFile vmx = VmDirectory.readVmx(storage, stem(vmxFile));
    Optional<String> memory = vmx.get(VmxFile.RESUME_FROM);
    if (memory.isPresent()) {
      WholeFile.replace(storage, vmx.file(), vmx.withResume(null, null).toBytes());
    }
    return memory;
  }

  private static String stem(String vmxFile) {
    return vmxFile.substring(0, vmxFile.length() - ".vmx".length());
  }
}
