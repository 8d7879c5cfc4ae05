package io.vmsnap.hypervisor;

import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Everything about the virtual hardware that must be the same again when saved RAM is loaded: a
 * snapshot keeps it beside the RAM.
 *
 * @param name shown by the host's tools; never interpreted
 * @param uuid BIOS uuid
 * @param generationId content of the vmgenid device: changes when the machine's past changes, as on
 *     a revert, and at no other time
 * @param machineType a versioned QEMU machine such as {@code pc-q35-10.0}: an unversioned alias
 *     means other hardware after an update of QEMU
 * @param cpus 1 to 255
 * @param memoryBytes a multiple of 1 MiB, at least 16 MiB
 * @param cpuModel a QEMU CPU model, with features if needed: {@code max,-avx2,pmu=off}
 */
public record HardwareProfile(
    String name,
    UUID uuid,
    UUID generationId,
    String machineType,
    int cpus,
    long memoryBytes,
    Firmware firmware,
    String cpuModel,
    Accelerator accelerator) {
  private static final Pattern MACHINE_TYPE = Pattern.compile("pc-q35-[0-9]+\\.[0-9]+");

  /** The only commas are those between features that are switched on or off. */
  private static final Pattern CPU_MODEL =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*(,[+-]?[a-z0-9._-]+(=(on|off))?)*");

  private static final long MEBIBYTE = 1L << 20;
  private static final int MAX_CPUS = 255;
  private static final int MIN_MEMORY_MEBIBYTES = 16;

  public HardwareProfile {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(uuid, "uuid");
    Objects.requireNonNull(generationId, "generationId");
    Objects.requireNonNull(firmware, "firmware");
    Objects.requireNonNull(accelerator, "accelerator");
    require(
        MACHINE_TYPE.matcher(machineType).matches(),
        "machine type \"" + machineType + "\" is not pc-q35-X.Y");
    require(CPU_MODEL.matcher(cpuModel).matches(), "CPU model \"" + cpuModel + "\" is not a name");
    require(cpus >= 1 && cpus <= MAX_CPUS, cpus + " CPUs; 1 to " + MAX_CPUS + " are possible");
    require(
        memoryBytes >= MIN_MEMORY_MEBIBYTES * MEBIBYTE && memoryBytes % MEBIBYTE == 0,
        memoryBytes + " bytes of memory; whole MiB from " + MIN_MEMORY_MEBIBYTES + " are possible");
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
