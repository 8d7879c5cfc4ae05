package io.vmsnap.hypervisor.commandline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.hypervisor.Accelerator;
import io.vmsnap.hypervisor.DiskAttachment;
import io.vmsnap.hypervisor.DiskLayer;
import io.vmsnap.hypervisor.Firmware;
import io.vmsnap.hypervisor.HardwareProfile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class QemuCommandLineTest {
  private static final MachineSockets SOCKETS =
      new MachineSockets(
          Path.of(".vmsnap/run/qmp-runner.sock"),
          Path.of(".vmsnap/run/qmp-job.sock"),
          Path.of(".vmsnap/run/qga.sock"));
  private static final DiskLayer BASE =
      new DiskLayer("n-web", Path.of("/vm/web-flat.vmdk"), null, 0, 1L << 30);
  private static final DiskLayer DELTA_1 = delta("web-000001");
  private static final DiskLayer DELTA_2 = delta("web-000002");

  private static DiskLayer delta(String name) {
    return new DiskLayer(
        "n-" + name,
        Path.of("/vm/" + name + "-delta.vmdk"),
        Path.of("/vm/.vmsnap/" + name + ".idx"),
        4L << 20,
        1L << 30);
  }

  private enum Case {
    BIOS_DIRECT_BOOT(
        new MachineConfiguration(
            hardware("web", Firmware.BIOS, Accelerator.TCG),
            List.of(
                new DiskAttachment("scsi0:0", "root", List.of(BASE, DELTA_1, DELTA_2)),
                new DiskAttachment(
                    "scsi0:1",
                    "a-disk-with-a-very-long-name",
                    List.of(
                        new DiskLayer(
                            "n-web_1", Path.of("/vm/web_1-flat.vmdk"), null, 0, 1L << 30)))),
            new DirectBoot(
                Path.of("/vm/vmlinuz"), Path.of("/vm/initrd.img"), "console=ttyS0 quiet"),
            null,
            null,
            List.of(
                new PortForward(PortForward.Protocol.TCP, 22),
                new PortForward(PortForward.Protocol.UDP, 53)),
            "10.1.2.3",
            SOCKETS)),
    EFI_KVM(
        new MachineConfiguration(
            hardware("web", Firmware.EFI, Accelerator.KVM),
            List.of(new DiskAttachment("scsi0:0", "root", List.of(BASE))),
            null,
            new EfiFirmware(
                Path.of("/usr/share/OVMF/OVMF_CODE_4M.fd"),
                Path.of("/usr/share/OVMF/OVMF_VARS_4M.fd")),
            Path.of("/vm/web.nvram"),
            List.of(),
            "10.1.2.3",
            SOCKETS)),
    MAPPED_MEMORY(
        new MachineConfiguration(
                hardware("web", Firmware.BIOS, Accelerator.TCG),
                List.of(new DiskAttachment("scsi0:0", "root", List.of(BASE))),
                null,
                null,
                null,
                List.of(),
                "10.1.2.3",
                SOCKETS)
            .resuming(new IncomingMemory(Path.of("/vm/web-Snapshot1.vmsn"), 1L << 20)));

    private final MachineConfiguration machine;

    Case(MachineConfiguration machine) {
      this.machine = machine;
    }
  }

  private static HardwareProfile hardware(String name, Firmware firmware, Accelerator accelerator) {
    return new HardwareProfile(
        name,
        UUID.fromString("5c1e3a0e-0000-4000-8000-000000abcdef"),
        UUID.fromString("00000000-0000-4000-8000-000000000001"),
        "pc-q35-10.0",
        2,
        256L << 20,
        firmware,
        accelerator.defaultCpuModel(),
        accelerator);
  }

  @ParameterizedTest
  @EnumSource(Case.class)
  void argumentsAreTheExpectedOnes(Case golden) throws IOException {
    List<String> arguments = QemuCommandLine.arguments(golden.machine);

    String name = "QemuCommandLineTest/" + golden.name().toLowerCase(Locale.ROOT);
    try (InputStream expected =
        getClass().getResourceAsStream("/" + name.replace('_', '-') + ".args")) {
      assertThat(String.join("\n", arguments) + "\n")
          .isEqualTo(new String(expected.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  @Test
  void namesReachQemuUnchangedHoweverStrange() {
    String strange = "a,b=c\"d\\e;$(reboot) '\n";
    MachineConfiguration machine =
        new MachineConfiguration(
            hardware(strange, Firmware.BIOS, Accelerator.TCG),
            List.of(
                new DiskAttachment(
                    "scsi0:0",
                    strange,
                    List.of(new DiskLayer("n-web", Path.of("/vm/" + strange), null, 0, 512)))),
            new DirectBoot(Path.of("/vm/" + strange), null, strange),
            null,
            null,
            List.of(),
            "127.0.0.1",
            SOCKETS);

    List<String> arguments = QemuCommandLine.arguments(machine);

    assertThat(arguments).containsSequence("-kernel", "/vm/" + strange);
    assertThat(arguments).containsSequence("-append", strange);
    assertThat(arguments).containsSequence("-name", "guest=" + strange.replace(",", ",,"));
    assertThat(arguments)
        .as("inside JSON only, escaped")
        .anyMatch(
            argument ->
                argument.contains(
                    "\"filename\":\"/vm/a,b=c\\\"d\\\\e;$(reboot) '\\n\",\"auto-read-only\""));
  }

  @Test
  void everyDiskHasAPlaceOfItsOwn() {
    List<DiskAttachment> disks =
        IntStream.range(0, 20)
            .mapToObj(
                k ->
                    new DiskAttachment(
                        "scsi0:" + k,
                        "d" + k,
                        List.of(new DiskLayer("n-" + k, Path.of("/vm/" + k), null, 0, 512))))
            .toList();
    MachineConfiguration machine =
        new MachineConfiguration(
            hardware("web", Firmware.BIOS, Accelerator.TCG),
            disks,
            null,
            null,
            null,
            List.of(),
            "127.0.0.1",
            SOCKETS);
    assertThat(
            QemuCommandLine.arguments(machine).stream()
                .filter(argument -> argument.contains("virtio-blk-pci"))
                .map(argument -> argument.replaceAll(".*\"addr\":\"([^\"]*)\".*", "$1")))
        .hasSize(20)
        .doesNotHaveDuplicates()
        .startsWith("08.0", "08.1")
        .endsWith("0a.3");
  }

  @Test
  void efiWithoutABuildIsRefused() {
    assertThatThrownBy(
            () ->
                new MachineConfiguration(
                    hardware("web", Firmware.EFI, Accelerator.TCG),
                    List.of(),
                    null,
                    null,
                    null,
                    List.of(),
                    "127.0.0.1",
                    SOCKETS))
        .hasMessageContaining("needs an EFI build");
  }

  @Test
  void machineTypesAreSortedByNumber() {
    assertThat(
            QemuBinary.machineTypes(
                """
                Supported machines are:
                pc-i440fx-10.0       Standard PC
                q35                  Standard PC (alias of pc-q35-10.0)
                pc-q35-10.0          Standard PC (Q35 + ICH9, 2009)
                pc-q35-9.2           Standard PC (Q35 + ICH9, 2009)
                pc-q35-2.12          Standard PC (Q35 + ICH9, 2009)
                """))
        .containsExactly("pc-q35-2.12", "pc-q35-9.2", "pc-q35-10.0");
  }

  @Test
  void aHardwareProfileRefusesWhatQemuWouldMisread() {
    assertThatThrownBy(
            () ->
                new HardwareProfile(
                    "web",
                    new UUID(0, 1),
                    new UUID(0, 2),
                    "q35",
                    1,
                    64L << 20,
                    Firmware.BIOS,
                    "max",
                    Accelerator.TCG))
        .hasMessageContaining("is not pc-q35-X.Y");
    assertThatThrownBy(
            () ->
                new HardwareProfile(
                    "web",
                    new UUID(0, 1),
                    new UUID(0, 2),
                    "pc-q35-10.0",
                    1,
                    64L << 20,
                    Firmware.BIOS,
                    "max,vendor=AuthenticAMD",
                    Accelerator.TCG))
        .hasMessageContaining("is not a name");
  }
}
