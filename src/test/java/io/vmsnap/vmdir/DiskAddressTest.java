package io.vmsnap.vmdir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DiskAddressTest {
  @Test
  void unitSevenIsTheControllersOwn() {
    List<String> addresses =
        IntStream.range(0, DiskAddress.MAX_DISKS)
            .mapToObj(i -> DiskAddress.ofPosition(i).toString())
            .toList();

    assertThat(addresses)
        .doesNotHaveDuplicates()
        .startsWith("scsi0:0", "scsi0:1")
        .contains("scsi0:6", "scsi0:8", "scsi1:0")
        .doesNotContain("scsi0:7", "scsi3:7")
        .endsWith("scsi3:15");
  }

  @Test
  void orderIsByBusThenNumber() {
    assertThat(
            Stream.of("sata0:0", "scsi1:0", "scsi0:10", "scsi0:2")
                .map(DiskAddress::parse)
                .sorted()
                .map(DiskAddress::toString))
        .containsExactly("scsi0:2", "scsi0:10", "scsi1:0", "sata0:0");
  }

  @Test
  void otherTextIsRefused() {
    assertThatThrownBy(() -> DiskAddress.parse("scsi0"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> DiskAddress.ofPosition(DiskAddress.MAX_DISKS))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
