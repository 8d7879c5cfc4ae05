package io.vmsnap.harness.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KubernetesVersionTest {
  @ParameterizedTest
  @CsvSource({
    "Kubernetes v1.20.2,            1, 20,  2",
    "1.33.0-linux-amd64,            1, 33,  0",
    "v1.34.1+k3s1,                  1, 34,  1",
    "Kubernetes v1.32.4-dispatcher, 1, 32,  4",
    "1.20.15-linux-amd64,           1, 20, 15",
  })
  void isFoundInText(String text, int major, int minor, int patch) {
    assertThat(KubernetesVersion.parse(text)).isEqualTo(new KubernetesVersion(major, minor, patch));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Kubernetes", "v1.20", "v99999.1.1"})
  void absentVersionIsRefused(String text) {
    assertThatThrownBy(() -> KubernetesVersion.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no version");
  }

  @Test
  void ordersByNumberNotByText() {
    assertThat(KubernetesVersion.parse("v1.9.10")).isLessThan(KubernetesVersion.parse("v1.20.2"));
    assertThat(KubernetesVersion.parse("v1.20.10"))
        .isGreaterThan(KubernetesVersion.parse("v1.20.9"));
  }

  @Test
  void isBeforeLaterMinorReleasesOnly() {
    KubernetesVersion version = KubernetesVersion.parse("v1.20.2");

    assertThat(version.isBefore(21)).isTrue();
    assertThat(version.isBefore(20)).isFalse();
  }
}
