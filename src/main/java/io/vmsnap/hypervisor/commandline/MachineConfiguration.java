package io.vmsnap.hypervisor.commandline;

import io.vmsnap.hypervisor.DiskAttachment;
import io.vmsnap.hypervisor.Firmware;
import io.vmsnap.hypervisor.HardwareProfile;
import java.nio.file.Path;
import java.util.List;

/**
 * A machine to be started.
 *
 * @param boot null to boot from the disks in their order
 * @param efi needed if the profile's firmware is EFI, else null
 * @param efiVariables this machine's copy of the variables; null without EFI
 * @param ports forwarded from {@code hostAddress}
 * @param hostAddress address of this host (the pod) on which forwarded ports listen
 * @param incoming null for a machine that starts from its firmware
 */
public record MachineConfiguration(
    HardwareProfile hardware,
    List<DiskAttachment> disks,
    DirectBoot boot,
    EfiFirmware efi,
    Path efiVariables,
    List<PortForward> ports,
    String hostAddress,
    MachineSockets sockets,
    IncomingMemory incoming) {
  /** A machine that starts from its firmware. */
  public MachineConfiguration(
      HardwareProfile hardware,
      List<DiskAttachment> disks,
      DirectBoot boot,
      EfiFirmware efi,
      Path efiVariables,
      List<PortForward> ports,
      String hostAddress,
      MachineSockets sockets) {
    this(hardware, disks, boot, efi, efiVariables, ports, hostAddress, sockets, null);
  }

  public MachineConfiguration {
    disks = List.copyOf(disks);
    ports = List.copyOf(ports);
    if (hardware.firmware() == Firmware.EFI && (efi == null || efiVariables == null)) {
      throw new IllegalArgumentException("a machine with EFI firmware needs an EFI build");
    }
  }

  /** The same machine, not reachable from outside yet. */
  public MachineConfiguration withoutPorts() {
    return new MachineConfiguration(
        hardware, disks, boot, efi, efiVariables, List.of(), hostAddress, sockets, incoming);
  }

  /** The same machine, waiting for saved memory. */
  public MachineConfiguration resuming(IncomingMemory memory) {
    return new MachineConfiguration(
        hardware, disks, boot, efi, efiVariables, ports, hostAddress, sockets, memory);
  }
}
