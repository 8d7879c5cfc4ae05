package io.vmsnap.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NodeNameTest {
  @Test
  void shortNamesStayReadable() {
    assertThat(NodeName.of("web-000001.vmdk")).isEqualTo("n-web-000001");
  }

  @Test
  void longNamesAreCutAndStayDistinct() {
    String vm = "a".repeat(63);

    String first = NodeName.of(vm + "-000001.vmdk");
    String second = NodeName.of(vm + "-000002.vmdk");

    assertThat(first).hasSizeLessThanOrEqualTo(31).isNotEqualTo(second);
    assertThat(second).hasSizeLessThanOrEqualTo(31);
  }

  @Test
  void namesThatDifferOnlyInForeignCharactersStayDistinct() {
    assertThat(NodeName.of("my disk.vmdk"))
        .matches("[A-Za-z][A-Za-z0-9._-]{0,30}")
        .isNotEqualTo(NodeName.of("my_disk.vmdk"));
  }
}
