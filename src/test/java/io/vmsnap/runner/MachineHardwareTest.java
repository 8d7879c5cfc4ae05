package io.vmsnap.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.hypervisor.Accelerator;
import io.vmsnap.hypervisor.HardwareProfile;
import io.vmsnap.hypervisor.commandline.QemuBinary;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.DamagedFileException;
import io.vmsnap.vmdir.VmxFile;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class MachineHardwareTest {
  private static final UUID MACHINE = UUID.fromString("5c1e3a0e-0000-4000-8000-000000abcdef");
  private static final UUID GENERATION = UUID.fromString("f0000000-0000-4000-8000-000000000001");
  private static final QemuBinary QEMU_10 = qemu("pc-q35-9.2", "pc-q35-10.0");

  private static QemuBinary qemu(String... types) {
    return new QemuBinary(
        Path.of("/usr/bin/qemu-system-x86_64"), "10.0.2", types[types.length - 1], List.of(types));
  }

  private static VmxFile vmx() {
    return VmxFile.create("web.vmx", "web", MACHINE).with("numvcpus", "2").with("memSize", "256");
  }

  @Test
  void pinsOnceAndThenNeverAgain() throws Exception {
    VmxFile pinned = MachineHardware.pin(vmx(), QEMU_10, GENERATION);
    VmxFile later =
        MachineHardware.pin(pinned, qemu("pc-q35-10.0", "pc-q35-11.0"), UUID.randomUUID());

    assertThat(later.toBytes()).isEqualTo(pinned.toBytes());
    HardwareProfile profile =
        new MachineHardware(later).profile(qemu("pc-q35-10.0", "pc-q35-11.0"), Accelerator.TCG);
    assertThat(profile.machineType()).isEqualTo("pc-q35-10.0");
    assertThat(profile.generationId()).isEqualTo(GENERATION);
    assertThat(profile.uuid()).isEqualTo(MACHINE);
    assertThat(profile.cpus()).isEqualTo(2);
    assertThat(profile.memoryBytes()).isEqualTo(256L << 20);
    assertThat(profile.cpuModel()).isEqualTo("max");
  }

  @Test
  void aMachineTypeThatThisQemuLacksIsRefused() {
    VmxFile pinned = MachineHardware.pin(vmx(), QEMU_10, GENERATION);
    assertThatThrownBy(
            () -> new MachineHardware(pinned).profile(qemu("pc-q35-9.2"), Accelerator.TCG))
        .isInstanceOfSatisfying(
            RunnerFailure.class,
            failure -> assertThat(failure.reason()).isEqualTo(TaskReason.NotSupported))
        .hasMessageContaining("web.vmx: vmsnap.machineType is pc-q35-10.0");
  }

  @Test
  void valuesThatMakeNoSenseNameTheirKey() {
    VmxFile pinned = MachineHardware.pin(vmx(), QEMU_10, GENERATION);
    assertDamaged(pinned.with("numvcpus", "two"), "numvcpus \"two\" is not a number");
    assertDamaged(pinned.with("numvcpus", "0"), "0 CPUs");
    assertDamaged(pinned.with("memSize", "9223372036854775807"), "web.vmx");
    assertDamaged(pinned.with("firmware", "uefi"), "firmware \"uefi\" is neither bios nor efi");
    assertDamaged(pinned.without("memSize"), "memSize is missing");
    assertDamaged(pinned.with("vmsnap.machineType", "pc-q35-10.0,accel=kvm"), "machineType");
  }

  private static void assertDamaged(VmxFile vmx, String message) {
    assertThatThrownBy(() -> new MachineHardware(vmx).profile(QEMU_10, Accelerator.TCG))
        .isInstanceOfAny(DamagedFileException.class, RunnerFailure.class)
        .hasMessageContaining(message);
  }
}
