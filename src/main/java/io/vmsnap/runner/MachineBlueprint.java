package io.vmsnap.runner;

import io.vmsnap.hypervisor.Accelerator;
import io.vmsnap.hypervisor.Firmware;
import io.vmsnap.hypervisor.HardwareProfile;
import io.vmsnap.hypervisor.commandline.DirectBoot;
import io.vmsnap.hypervisor.commandline.EfiFirmware;
import io.vmsnap.hypervisor.commandline.MachineConfiguration;
import io.vmsnap.hypervisor.commandline.MachineSockets;
import io.vmsnap.hypervisor.commandline.PortForward;
import io.vmsnap.hypervisor.commandline.QemuBinary;
import io.vmsnap.snapshot.DiskLayers;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.task.TaskReason;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmxFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Turns a VM directory into the machine that QEMU shall be. */
final class MachineBlueprint {
  private static final int MAX_EFI_VARIABLES_BYTES = 16 << 20;

  private final VmDirectory directory;
  private final VmDefinition definition;
  private final QemuBinary qemu;
  private final String hostAddress;

  /**
   * @param definition what {@code .vmx} does not hold: the forwarded ports
   * @param hostAddress on which the ports are forwarded
   */
  MachineBlueprint(
      VmDirectory directory, VmDefinition definition, QemuBinary qemu, String hostAddress) {
    this.directory = directory;
    this.definition = definition;
    this.qemu = qemu;
    this.hostAddress = hostAddress;
  }

  MachineConfiguration draw(Accelerator accelerator, MachineSockets sockets)
      throws IOException, RunnerFailure {
    HardwareProfile hardware = new MachineHardware(directory.vmx()).profile(qemu, accelerator);
    EfiFirmware efi = null;
    Path efiVariables = null;
    if (hardware.firmware() == Firmware.EFI) {
      efi = efi();
      efiVariables = efiVariables(efi);
    }
    return new MachineConfiguration(
        hardware,
        DiskLayers.of(directory),
        directBoot(),
        efi,
        efiVariables,
        ports(),
        hostAddress,
        sockets);
  }

  private DirectBoot directBoot() throws IOException {
    VmxFile vmx = directory.vmx();
    Optional<String> kernel = vmx.get("vmsnap.boot.kernel");
    if (kernel.isEmpty()) {
      return null;
    }
    Optional<String> initrd = vmx.get("vmsnap.boot.initrd");
    return new DirectBoot(
        regular(kernel.get()),
        initrd.isEmpty() ? null : regular(initrd.get()),
        vmx.get("vmsnap.boot.cmdline").orElse(null));
  }

  /**
   * For QEMU to open.
   *
   * @throws IOException if it is a device, a FIFO, a link, or leads out of the directory
   */
  private Path regular(String file) throws IOException {
    directory.storage().size(file);
    return directory.storage().path(file);
  }

  private List<PortForward> ports() throws RunnerFailure {
    if (definition.ports() == null) {
      return List.of();
    }
    try {
      return definition.ports().stream()
          .map(
              port ->
                  new PortForward(
                      port.protocol() == null
                          ? PortForward.Protocol.TCP
                          : PortForward.Protocol.valueOf(port.protocol()),
                      port.port()))
          .toList();
    } catch (IllegalArgumentException e) {
      throw new RunnerFailure(TaskReason.InvalidRequest, "network.ports: " + e.getMessage(), e);
    }
  }

  private static EfiFirmware efi() throws RunnerFailure {
    return EfiFirmware.find()
        .orElseThrow(
            () ->
                new RunnerFailure(
                    TaskReason.NotSupported,
                    "spec.hardware.firmware is efi, but no OVMF is installed here; install the"
                        + " package ovmf (looked for "
                        + EfiFirmware.places().stream()
                            .map(Path::toString)
                            .collect(Collectors.joining(", "))
                        + ")"));
  }

  /** The machine's own variables, VMware's {@code .nvram}; made from the template at first. */
  private Path efiVariables(EfiFirmware efi) throws IOException {
    VmStorage storage = directory.storage();
    String file = directory.name() + ".nvram";
    if (!storage.exists(file)) {
      long size = Files.size(efi.variablesTemplate());
      if (size > MAX_EFI_VARIABLES_BYTES) {
        throw new IOException(efi.variablesTemplate() + " has " + size + " bytes; too many");
      }
      WholeFile.replace(storage, file, Files.readAllBytes(efi.variablesTemplate()));
    }
    return regular(file);
  }
}
