package io.vmsnap.runner;

import io.vmsnap.hypervisor.Accelerator;
import io.vmsnap.hypervisor.Firmware;
import io.vmsnap.hypervisor.HardwareProfile;
import io.vmsnap.hypervisor.commandline.QemuBinary;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.DamagedFileException;
import io.vmsnap.vmdir.VmxFile;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/**
 * The hardware that {@code .vmx} describes. What must never change by itself, the machine type and
 * the generation id, is pinned there at the first start.
 */
final class MachineHardware {
  static final String MACHINE_TYPE = "vmsnap.machineType";

  static final String GENERATION_ID = VmxFile.GENERATION_ID;
  static final String GENERATION_ID_X = VmxFile.GENERATION_ID_X;

  private static final long MEBIBYTE = 1L << 20;

  private final VmxFile vmx;

  MachineHardware(VmxFile vmx) {
    this.vmx = vmx;
  }

  /** The configuration with everything pinned; equal to the old one from the second start on. */
  static VmxFile pin(VmxFile vmx, QemuBinary qemu, UUID newGenerationId) {
    VmxFile pinned = vmx;
    if (pinned.get(MACHINE_TYPE).isEmpty()) {
      pinned = pinned.with(MACHINE_TYPE, qemu.newestMachineType());
    }
    if (pinned.get(GENERATION_ID).isEmpty() || pinned.get(GENERATION_ID_X).isEmpty()) {
      pinned = pinned.withGenerationId(newGenerationId);
    }
    return pinned;
  }

  /** {@code auto}, {@code kvm} or {@code tcg}. */
  String wantedAccelerator() {
    return vmx.get("vmsnap.accelerator").orElse("auto");
  }

  /** Empty for the accelerator's default. */
  Optional<String> cpuModel() {
    return vmx.get("vmsnap.cpuModel");
  }

  Firmware firmware() throws DamagedFileException {
    String firmware = vmx.get("firmware").orElse("bios");
    return switch (firmware.toLowerCase(Locale.ROOT)) {
      case "bios" -> Firmware.BIOS;
      case "efi" -> Firmware.EFI;
      default ->
          throw new DamagedFileException(
              vmx.file(), "firmware \"" + firmware + "\" is neither bios nor efi");
    };
  }

  /**
   * @throws RunnerFailure if this QEMU cannot be that machine
   * @throws DamagedFileException if a value is not what its key needs
   */
  HardwareProfile profile(QemuBinary qemu, Accelerator accelerator)
      throws DamagedFileException, RunnerFailure {
    String machineType = required(MACHINE_TYPE);
    if (!qemu.machineTypes().contains(machineType)) {
      throw new RunnerFailure(
          TaskReason.NotSupported,
          vmx.file()
              + ": "
              + MACHINE_TYPE
              + " is "
              + machineType
              + ", which QEMU "
              + qemu.version()
              + " does not offer; run it where QEMU is newer, or, if no snapshot with memory is"
              + " needed any more, remove the key");
    }
    try {
      return new HardwareProfile(
          vmx.get("displayName").orElse(vmx.file()),
          vmx.uuid()
              .orElseThrow(() -> new DamagedFileException(vmx.file(), "uuid.bios is missing")),
          new UUID(number(GENERATION_ID), number(GENERATION_ID_X)),
          machineType,
          Math.toIntExact(number("numvcpus")),
          Math.multiplyExact(number("memSize"), MEBIBYTE),
          firmware(),
          cpuModel().orElse(accelerator.defaultCpuModel()),
          accelerator);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new DamagedFileException(vmx.file(), e.getMessage(), e);
    }
  }

  private String required(String key) throws DamagedFileException {
    return vmx.get(key)
        .orElseThrow(() -> new DamagedFileException(vmx.file(), key + " is missing"));
  }

  private long number(String key) throws DamagedFileException {
    String text = required(key);
    try {
      return Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      throw new DamagedFileException(vmx.file(), key + " \"" + text + "\" is not a number", e);
    }
  }
}
