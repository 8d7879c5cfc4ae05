package io.vmsnap.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BinarySizeTest {
  @ParameterizedTest
  @CsvSource({
    "1Mi,1048576",
    "20Gi,21474836480",
    "2Ti,2199023255552",
    "999999Ti,1099510528264372224"
  })
  void parsesWholeUnits(String size, long bytes) {
    assertThat(BinarySize.parse(size)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "20G", "20", "0Gi", "1.5Gi", "-1Gi", "20 Gi", "9999999Mi"})
  void refusesTheRest(String size) {
    assertThat(BinarySize.isValid(size)).isFalse();
    assertThatThrownBy(() -> BinarySize.parse(size)).hasMessageContaining("such as 20Gi");
  }

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "1023,1023",
    "1024,1Ki",
    "53687091,51.2Mi",
    "1503238553,1.4Gi",
    "21474836480,20Gi",
    "1073741823,1024Mi",
    "137438953472,128Gi"
  })
  void roundsToThreeDigits(long bytes, String text) {
    assertThat(BinarySize.round(bytes)).isEqualTo(text);
  }

  @Test
  void fitsItsStatedLength() {
    assertThat("999999Ti").hasSize(BinarySize.MAX_LENGTH).matches(BinarySize.PATTERN);
  }
}
