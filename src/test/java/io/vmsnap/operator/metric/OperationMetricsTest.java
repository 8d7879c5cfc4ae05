package io.vmsnap.operator.metric;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.vmsnap.api.v1alpha1.Attempt;
import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.OperationKind;
import io.vmsnap.operator.operation.JobStep;
import io.vmsnap.operator.operation.Operation;
import io.vmsnap.task.DeleteResult;
import io.vmsnap.task.RevertResult;
import io.vmsnap.task.SnapshotResult;
import io.vmsnap.task.SnapshotResult.MemoryResult;
import io.vmsnap.task.TaskOutcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class OperationMetricsTest {
  private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final OperationMetrics metrics = new OperationMetrics(registry);

  @Test
  void endOfAJobCountsOnceHoweverOftenItIsSeen() {
    metrics.observe(attempt(OperationKind.Create, "job-1"), done(created()));
    metrics.observe(attempt(OperationKind.Create, "job-1"), done(created()));
    metrics.observe(attempt(OperationKind.Create, "job-2"), new JobStep.Watch("it runs"));
    metrics.observe(
        attempt(OperationKind.Create, "job-2"),
        new JobStep.Fail(ConditionReason.TimedOut, "too late"));

    assertThat(registry.scrape())
        .contains(
            "vmsnap_operations_total{kind=\"Create\",result=\"Completed\",} 1.0\n",
            "vmsnap_operations_total{kind=\"Create\",result=\"Failed\",} 1.0\n",
            "vmsnap_operation_duration_seconds_sum{kind=\"Create\",} 1.5\n",
            "vmsnap_operation_stun_seconds_sum{kind=\"Create\",} 0.025\n",
            "vmsnap_operation_bytes_total{kind=\"Create\",what=\"memory\",} 4096.0\n");
  }

  @Test
  void queueIsToldByWhatHasBegun() {
    metrics.watch(
        () ->
            List.of(
                new Operation("1", "snapshot a", "", 1L, true, null),
                new Operation("2", "snapshot b", "", 2L, false, null),
                new Operation("3", "snapshot c", "", 3L, false, null)));

    assertThat(registry.scrape())
        .contains(
            "vmsnap_queue_length{state=\"running\",} 1.0\n",
            "vmsnap_queue_length{state=\"waiting\",} 2.0\n");
  }

  @Test
  void pageListsTheMetricsThatThereAreAndNoOthers() throws Exception {
    metrics.watch(List::of);
    metrics.observe(attempt(OperationKind.Create, "1"), done(created()));
    metrics.observe(
        attempt(OperationKind.Create, "2"),
        new JobStep.Retry(null, ConditionReason.StorageFailed, ""));
    metrics.observe(attempt(OperationKind.Delete, "3"), done(deleted()));
    metrics.observe(attempt(OperationKind.Revert, "4"), done(reverted()));
    String page = Files.readString(Path.of("docs/reference/metrics-operator.md"));

    assertThat(found(page, "(?m)^\\| `(vmsnap_[a-z_]+)`"))
        .isEqualTo(found(registry.scrape(), "(?m)^# TYPE (vmsnap_\\S+)"));
    Set<String> told = found(registry.scrape(), "(?:what|result|state)=\"(\\w+)\"");
    told.add("Failed");
    assertThat(page).contains(told.stream().map(value -> "`" + value + "`").toList());
  }

  private static Set<String> found(String text, String pattern) {
    return Pattern.compile(pattern)
        .matcher(text)
        .results()
        .map(result -> result.group(1))
        .collect(Collectors.toSet());
  }

  private static Attempt attempt(OperationKind kind, String job) {
    return new Attempt(kind, 1, job, NOW.toString(), null, null, null);
  }

  private static JobStep done(TaskOutcome outcome) {
    return new JobStep.Done(outcome);
  }

  private static TaskOutcome created() {
    return TaskOutcome.completed(
        "",
        new SnapshotResult(
            1,
            null,
            "PoweredOn",
            "Memory",
            "web-Snapshot1.vmsn",
            List.of(),
            new SnapshotResult.StorageResult(0, 0, 0),
            new SnapshotResult.Timing(null, 25.0, 1500),
            NOW,
            NOW,
            new MemoryResult(4096, "PreCopy"),
            null));
  }

  private static TaskOutcome deleted() {
    return TaskOutcome.completed(
        "", new DeleteResult(List.of(1L), 100, 50, new DeleteResult.Timing(3.0, 200.0)));
  }

  private static TaskOutcome reverted() {
    return TaskOutcome.completed(
        "",
        new RevertResult(
            1, "PoweredOff", null, 10, List.of(), new RevertResult.Timing(null, 100.0)));
  }
}
