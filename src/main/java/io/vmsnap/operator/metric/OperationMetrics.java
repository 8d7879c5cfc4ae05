package io.vmsnap.operator.metric;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.operator.operation.JobStep;
import io.vmsnap.operator.operation.Operation;
import io.vmsnap.task.DeleteResult;
import io.vmsnap.task.RevertResult;
import io.vmsnap.task.SnapshotResult;
import io.vmsnap.task.TaskOutcome;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Counts what jobs did, and what it took. Every meter is described in {@code
 * docs/reference/metrics-operator.md}. None has a machine's name as a label: the runner of each
 * machine tells of that machine.
 */
@Singleton
public class OperationMetrics {
  private static final String OPERATIONS = "vmsnap.operations";
  private static final String DURATION = "vmsnap.operation.duration";
  private static final String STUN = "vmsnap.operation.stun";
  private static final String BYTES = "vmsnap.operation.bytes";
  private static final String QUEUE = "vmsnap.queue.length";

  private static final String KIND = "kind";
  private static final String RESULT = "result";
  private static final String WHAT = "what";
  private static final String STATE = "state";

  /** Jobs whose end was counted; one is seen ending again within seconds, or never. */
  private static final int REMEMBERED = 4096;

  private final MeterRegistry registry;
  private final Set<String> counted =
      Collections.synchronizedSet(
          Collections.newSetFromMap(
              new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                  return size() > REMEMBERED;
                }
              }));

  public OperationMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * Counts a job that has ended. Where a status could not be written, the same end is seen again:
   * it counts once.
   *
   * @param attempt the try that the job served
   * @param step what follows from it; counts nothing unless the job has ended
   */
  public void observe(Attempt attempt, JobStep step) {
    switch (step) {
      case JobStep.Done done when isNew(attempt) -> {
        count(attempt, "Completed");
        measure(attempt.operation().name(), done.outcome());
      }
      case JobStep.Retry retry when isNew(attempt) -> count(attempt, "Retried");
      case JobStep.Fail fail when isNew(attempt) -> count(attempt, "Failed");
      default -> {
        // it waits, or runs
      }
    }
  }

  /** Tells how many operations there are, each time that the metrics are read. */
  public void watch(Supplier<Collection<Operation>> operations) {
    gauge("running", () -> operations.get().stream().filter(Operation::begun).count());
    gauge("waiting", () -> operations.get().stream().filter(each -> !each.begun()).count());
  }

  private void gauge(String state, Supplier<Number> number) {
    Gauge.builder(QUEUE, number)
        .description("Operations that were asked for and have not ended.")
        .tag(STATE, state)
        .register(registry);
  }

  private boolean isNew(Attempt attempt) {
    return attempt != null && attempt.job() != null && counted.add(attempt.job());
  }

  private void count(Attempt attempt, String result) {
    registry.counter(OPERATIONS, KIND, attempt.operation().name(), RESULT, result).increment();
  }

  private void measure(String kind, TaskOutcome outcome) {
    if (outcome.snapshot() != null) {
      SnapshotResult snapshot = outcome.snapshot();
      time(DURATION, kind, snapshot.timing().totalMillis());
      time(STUN, kind, snapshot.timing().stunMillis());
      if (snapshot.memory() != null) {
        bytes(kind, "memory", snapshot.memory().bytes());
      }
    }
    if (outcome.revert() != null) {
      RevertResult revert = outcome.revert();
      time(DURATION, kind, revert.timing().totalMillis());
      bytes(kind, "discarded", revert.discardedBytes());
    }
    if (outcome.delete() != null) {
      DeleteResult delete = outcome.delete();
      time(DURATION, kind, delete.timing().totalMillis());
      time(STUN, kind, delete.timing().stunMillis());
      bytes(kind, "merged", delete.mergedBytes());
      bytes(kind, "freed", delete.freedBytes());
    }
  }

  /** Null is not measured: the guest was off. */
  private void time(String name, String kind, Double millis) {
    if (millis != null) {
      registry.timer(name, KIND, kind).record(Duration.ofNanos(Math.round(millis * 1e6)));
    }
  }

  /** A merge may make a parent grow by more than it frees: counters do not fall. */
  private void bytes(String kind, String what, long bytes) {
    registry.counter(BYTES, KIND, kind, WHAT, what).increment(Math.max(0, bytes));
  }
}
