package io.vmsnap.harness.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RestartBackOffTest {
  private static final Duration SHORT = Duration.ofSeconds(1);

  private final RestartBackOff backOff = new RestartBackOff(Duration.ofSeconds(10));

  @Test
  void firstRestartIsImmediateThenWaitsDoubleUpToFiveMinutes() {
    assertThat(backOff.afterRun(SHORT)).isZero();
    assertThat(backOff.afterRun(SHORT)).hasSeconds(10);
    assertThat(backOff.afterRun(SHORT)).hasSeconds(20);
    for (int i = 0; i < 10; i++) {
      backOff.afterRun(SHORT);
    }
    assertThat(backOff.afterRun(SHORT)).hasSeconds(300);
  }

  @Test
  void aGoodRunStartsOver() {
    backOff.afterRun(SHORT);
    backOff.afterRun(SHORT);
    assertThat(backOff.afterRun(Duration.ofMinutes(10))).isZero();
    assertThat(backOff.afterRun(SHORT)).hasSeconds(10);
  }
}
