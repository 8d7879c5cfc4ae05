package io.vmsnap.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DeltaGrowthTest {
  private static final long MIB = 1 << 20;

  private final DeltaGrowth growth = new DeltaGrowth();

  private Long at(Duration time, long mib) {
    // a clock that may begin anywhere, also below zero
    return growth.bytesPerHour(-Duration.ofDays(1).toNanos() + time.toNanos(), mib * MIB);
  }

  @Test
  void isTheMeanOfWhatWasSeen() {
    for (int minute = 0; minute < 10; minute++) {
      assertThat(at(Duration.ofMinutes(minute), 100 + minute)).isNull();
    }

    assertThat(at(Duration.ofMinutes(10), 110)).isEqualTo(60 * MIB);
    assertThat(at(Duration.ofSeconds(630), 999)).as("one sample a minute").isEqualTo(60 * MIB);
  }

  @Test
  void forgetsWhatIsOlderThanAnHour() {
    at(Duration.ZERO, 0);
    for (int minute = 1; minute <= 130; minute++) {
      at(Duration.ofMinutes(minute), 5000);
    }

    assertThat(at(Duration.ofMinutes(131), 5000)).isZero();
  }

  @Test
  void beginsAnewWhenDeltasWereMerged() {
    for (int minute = 0; minute <= 20; minute++) {
      at(Duration.ofMinutes(minute), 1000 + minute);
    }

    assertThat(at(Duration.ofMinutes(21), 10)).isNull();
    for (int minute = 22; minute <= 41; minute++) {
      at(Duration.ofMinutes(minute), 10);
    }
    assertThat(at(Duration.ofMinutes(42), 10)).isZero();
  }
}
