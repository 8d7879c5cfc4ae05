package io.vmsnap.harness.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ProbeStateTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void waitsForTheInitialDelayAndThenForThePeriod() {
    ProbeState state =
        new ProbeState(
            new ProbeBuilder().withInitialDelaySeconds(5).withPeriodSeconds(2).build(), START);
    assertThat(state.due()).contains(START.plusSeconds(5));
    state.begin();
    assertThat(state.due()).isEmpty();
    state.record(true, START.plusSeconds(6));
    assertThat(state.due()).contains(START.plusSeconds(8));
  }

  @Test
  void failsOnlyAfterThresholdInARow() {
    ProbeState state = new ProbeState(new ProbeBuilder().withFailureThreshold(2).build(), START);
    state.record(false, START);
    state.record(true, START);
    state.record(false, START);
    assertThat(state.verdict()).isEqualTo(ProbeState.Verdict.SUCCESS);
    state.record(false, START);
    assertThat(state.verdict()).isEqualTo(ProbeState.Verdict.FAILURE);
  }

  @Test
  void succeedsOnlyAfterThresholdInARow() {
    ProbeState state = new ProbeState(new ProbeBuilder().withSuccessThreshold(2).build(), START);
    state.record(true, START);
    assertThat(state.verdict()).isEqualTo(ProbeState.Verdict.UNKNOWN);
    state.record(true, START);
    assertThat(state.verdict()).isEqualTo(ProbeState.Verdict.SUCCESS);
  }

  @Test
  void defaultsAreThoseOfTheApi() {
    ProbeState state = new ProbeState(new Probe(), START);
    assertThat(state.timeout()).hasSeconds(1);
    assertThat(state.due()).contains(START);
    state.record(false, START);
    assertThat(state.due()).contains(START.plusSeconds(10));
    state.record(false, START);
    assertThat(state.verdict()).isEqualTo(ProbeState.Verdict.UNKNOWN);
    state.record(false, START);
    assertThat(state.verdict()).isEqualTo(ProbeState.Verdict.FAILURE);
  }
}
