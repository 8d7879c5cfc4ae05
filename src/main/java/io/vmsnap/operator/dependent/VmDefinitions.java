package io.vmsnap.operator.dependent;

import io.vmsnap.api.v1alpha1.BinarySize;
import io.vmsnap.api.v1alpha1.VirtualMachine;
import io.vmsnap.api.v1alpha1.VirtualMachineSpec;
import io.vmsnap.task.VmDefinition;
import java.time.Duration;

/** A machine's resource in the words of runner and jobs. */
public final class VmDefinitions {
  private VmDefinitions() {}

  public static VmDefinition of(VirtualMachine vm, Duration stopTimeout) {
    VirtualMachineSpec spec = vm.getSpec();
    VirtualMachineSpec.Boot boot = spec.boot();
    return new VmDefinition(
        vm.getMetadata().getName(),
        vm.getMetadata().getUid(),
        new VmDefinition.Hardware(
            spec.hardware().cpus(),
            BinarySize.parse(spec.hardware().memory()),
            spec.hardware().firmware().token(),
            spec.hardware().cpuModel(),
            spec.hardware().accelerator().token()),
        spec.disks().stream()
            .map(
                disk ->
                    new VmDefinition.Disk(
                        disk.name(),
                        disk.size() == null ? null : BinarySize.parse(disk.size()),
                        disk.source() == null ? null : disk.source().path()))
            .toList(),
        boot == null ? null : new VmDefinition.Boot(boot.kernel(), boot.initrd(), boot.cmdline()),
        spec.network().ports().stream()
            .map(port -> new VmDefinition.Port(port.name(), port.port(), port.protocol().name()))
            .toList(),
        spec.guestAgent(),
        Math.toIntExact(stopTimeout.toSeconds()),
        Boolean.TRUE.equals(spec.directory().adopt()) ? Boolean.TRUE : null);
  }
}
