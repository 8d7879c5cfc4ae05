package io.vmsnap.task;

import java.util.List;

/**
 * The virtual machine as the operator wants it, handed to the runner and to jobs as JSON in the
 * environment variable {@value #ENVIRONMENT_VARIABLE}.
 *
 * @param name also the name of its files: {@code web} gives {@code web.vmx}, {@code web.vmdk}
 * @param uuid BIOS uuid, the custom resource's UID
 * @param guestAgent whether the guest runs the QEMU guest agent
 * @param stopTimeoutSeconds time for an ACPI power-down before the power is cut
 * @param adopt whether a directory of VMware's is to become ours; null for no
 */
public record VmDefinition(
    String name,
    String uuid,
    Hardware hardware,
    List<Disk> disks,
    Boot boot,
    List<Port> ports,
    boolean guestAgent,
    int stopTimeoutSeconds,
    Boolean adopt) {
  public static final String ENVIRONMENT_VARIABLE = "VMSNAP_VM";

  /** A machine whose directory is ours, or empty. */
  public VmDefinition(
      String name,
      String uuid,
      Hardware hardware,
      List<Disk> disks,
      Boot boot,
      List<Port> ports,
      boolean guestAgent,
      int stopTimeoutSeconds) {
    this(name, uuid, hardware, disks, boot, ports, guestAgent, stopTimeoutSeconds, null);
  }

  public boolean adopts() {
    return Boolean.TRUE.equals(adopt);
  }

  /**
   * @param memoryBytes guest RAM
   * @param firmware {@code bios} or {@code efi}
   * @param cpuModel a QEMU CPU model; null for the accelerator's default
   * @param accelerator {@code auto}, {@code kvm} or {@code tcg}
   */
  public record Hardware(
      int cpus, long memoryBytes, String firmware, String cpuModel, String accelerator) {}

  /**
   * @param name the disk's name in the custom resource
   * @param sizeBytes size that the guest sees; null with a source takes the source's size
   * @param sourcePath an existing {@code .vmdk} descriptor or raw image, relative to the VM
   *     directory; null for a blank disk
   */
  public record Disk(String name, Long sizeBytes, String sourcePath) {}

  /**
   * Direct kernel boot; null boots from the first disk.
   *
   * @param kernel relative to the VM directory
   * @param initrd relative to the VM directory, or null
   */
  public record Boot(String kernel, String initrd, String cmdline) {}

  /**
   * A guest port made reachable on the pod's address.
   *
   * @param protocol {@code TCP} or {@code UDP}
   */
  public record Port(String name, int port, String protocol) {}
}
