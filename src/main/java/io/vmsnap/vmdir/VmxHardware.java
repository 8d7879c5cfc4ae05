package io.vmsnap.vmdir;

import io.vmsnap.task.VmDefinition;

/** Writes a definition's hardware into {@code .vmx}, so that a snapshot keeps it. */
final class VmxHardware {
  private static final long MIB = 1L << 20;

  private VmxHardware() {}

  static VmxFile apply(VmxFile vmx, VmDefinition definition) {
    VmDefinition.Hardware hardware = definition.hardware();
    VmxFile result =
        vmx.with("numvcpus", Integer.toString(hardware.cpus()))
            // VMware counts in MiB; more precision would be lost on it
            .with("memSize", Long.toString((hardware.memoryBytes() + MIB - 1) / MIB));
    result = set(result, "firmware", hardware.firmware());
    result = set(result, "vmsnap.cpuModel", hardware.cpuModel());
    result = set(result, "vmsnap.accelerator", hardware.accelerator());
    VmDefinition.Boot boot = definition.boot();
    result = set(result, "vmsnap.boot.kernel", boot == null ? null : boot.kernel());
    result = set(result, "vmsnap.boot.initrd", boot == null ? null : boot.initrd());
    result = set(result, "vmsnap.boot.cmdline", boot == null ? null : boot.cmdline());
    return result.with("vmsnap.guestAgent", definition.guestAgent() ? "TRUE" : "FALSE");
  }

  private static VmxFile set(VmxFile vmx, String key, String value) {
    return value == null ? vmx.without(key) : vmx.with(key, value);
  }
}
