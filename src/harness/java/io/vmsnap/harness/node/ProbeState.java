package io.vmsnap.harness.node;

import io.fabric8.kubernetes.api.model.Probe;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Counts the outcomes of one probe of one run of a container. Defaults as in the API reference
 * (Probe v1 core): every 10 s, 1 s to answer, 3 failures, 1 success.
 */
final class ProbeState {
  enum Verdict {
    UNKNOWN,
    SUCCESS,
    FAILURE
  }

  private final Probe probe;
  private Instant next;
  private boolean underWay;
  private int successes;
  private int failures;
  private Verdict verdict = Verdict.UNKNOWN;

  ProbeState(Probe probe, Instant containerStart) {
    this.probe = probe;
    this.next = containerStart.plusSeconds(orDefault(probe.getInitialDelaySeconds(), 0));
  }

  Probe probe() {
    return probe;
  }

  Duration timeout() {
    return Duration.ofSeconds(orDefault(probe.getTimeoutSeconds(), 1));
  }

  Verdict verdict() {
    return verdict;
  }

  /** When the next one is to start; empty while one is under way. */
  Optional<Instant> due() {
    return underWay ? Optional.empty() : Optional.of(next);
  }

  void begin() {
    underWay = true;
  }

  /** Takes the outcome of the one under way. */
  void record(boolean success, Instant now) {
    underWay = false;
    next = now.plusSeconds(orDefault(probe.getPeriodSeconds(), 10));
    if (success) {
      failures = 0;
      if (++successes >= orDefault(probe.getSuccessThreshold(), 1)) {
        verdict = Verdict.SUCCESS;
      }
    } else {
      successes = 0;
      if (++failures >= orDefault(probe.getFailureThreshold(), 3)) {
        verdict = Verdict.FAILURE;
      }
    }
  }

  private static int orDefault(Integer value, int otherwise) {
    return value == null ? otherwise : value;
  }
}
