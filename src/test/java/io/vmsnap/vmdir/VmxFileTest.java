package io.vmsnap.vmdir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class VmxFileTest {
  private static final UUID ID = UUID.fromString("564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7");

  @Test
  void disksThatArePresentAreFoundInOrder() throws Exception {
    VmxFile vmx = VmxFile.parse("web.vmx", esxi());

    assertThat(vmx.disks())
        .containsExactly(
            new VmxDisk(DiskAddress.parse("scsi0:0"), null, "web-000004.vmdk", "persistent"),
            new VmxDisk(
                DiskAddress.parse("scsi0:10"), null, "logs.vmdk", "independent-persistent"));
    assertThat(vmx.disks().get(1).isIndependent()).isTrue();
    assertThat(vmx.uuid()).contains(ID);
    assertThat(vmx.get("annotation")).contains("line 1\nline 2 | end");
    assertThat(vmx.toBytes()).isEqualTo(esxi());
  }

  @Test
  void switchingADiskChangesOneLineOnly() throws Exception {
    VmxFile vmx = VmxFile.parse("web.vmx", esxi());

    VmxFile changed = vmx.withDisk(DiskAddress.parse("scsi0:0"), null, "web-000005.vmdk");

    assertThat(new String(changed.toBytes(), StandardCharsets.UTF_8))
        .isEqualTo(
            new String(esxi(), StandardCharsets.UTF_8)
                .replace("web-000004.vmdk", "web-000005.vmdk"));
    assertThat(vmx.disks().getFirst().fileName()).isEqualTo("web-000004.vmdk");
  }

  @Test
  void newConfigurationIsReadBack() throws Exception {
    VmxFile vmx =
        VmxFile.create("web.vmx", "web", ID)
            .withDisk(DiskAddress.ofPosition(0), "root", "web.vmdk")
            .withDisk(DiskAddress.ofPosition(1), "data", "web_1.vmdk");

    VmxFile read = VmxFile.parse("web.vmx", vmx.toBytes());

    assertThat(read.uuid()).contains(ID);
    assertThat(read.disks()).extracting(VmxDisk::name).containsExactly("root", "data");
    assertThat(new String(vmx.toBytes(), StandardCharsets.UTF_8))
        .contains("uuid.bios = \"56 4d 1a 2b 3c 4d 5e 6f-70 81 92 a3 b4 c5 d6 e7\"\n")
        .contains("scsi0:1.fileName = \"web_1.vmdk\"\n");
  }

  @Test
  void badUuidNamesTheKey() throws Exception {
    VmxFile vmx = VmxFile.parse("web.vmx", "uuid.bios = \"12\"\n".getBytes(StandardCharsets.UTF_8));

    assertThatThrownBy(vmx::uuid)
        .isInstanceOf(DamagedFileException.class)
        .hasMessage("web.vmx: uuid.bios \"12\" is not a uuid");
  }

  private static byte[] esxi() throws IOException {
    try (InputStream in = VmxFileTest.class.getResourceAsStream("/VmxFileTest/esxi.vmx")) {
      return in.readAllBytes();
    }
  }
}
