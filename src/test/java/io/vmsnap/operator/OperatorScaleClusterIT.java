package io.vmsnap.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vmsnap.harness.bench.scale.RequestLog.Request;
import io.vmsnap.harness.bench.scale.ScaleRun;
import io.vmsnap.harness.cluster.EmbeddedClusterProvider;
import io.vmsnap.harness.machine.Eventually;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code ./vmsnap bench operator} measures at large, held at small; no time is asserted. */
class OperatorScaleClusterIT {
  private static final Duration LIMIT = Duration.ofMinutes(5);

  /** Many times as long as the operator may keep sizes back, which it would write later. */
  private static final Duration QUIET = Duration.ofSeconds(8);

  private static final String POLL_INTERVAL = "PT0.2S";
  private static final int MACHINES = 5;
  private static final int SNAPSHOTS = 25;

  /**
   * Of the operator, for each snapshot, with all that its machine needed. It is 13 on an idle
   * machine; on a slow one, answers of runners come between the ends of jobs, and each is written.
   */
  private static final int REQUESTS_PER_SNAPSHOT = 18;

  /**
   * It waits, begins, is ready, and has a child: 5 with a queue that sorts itself while it is first
   * looked at. On a slow machine that takes longer and is seen more often.
   */
  private static final int STATUS_WRITES_PER_SNAPSHOT = 8;

  @TempDir Path folder;

  @Test
  void eachSnapshotCostsFewRequestsAndNothingIsDoneTwice() throws Exception {
    assumeTrue(EmbeddedClusterProvider.temporary().unavailable().isEmpty());
    try (ScaleRun run =
        ScaleRun.start(
            folder, MACHINES, SNAPSHOTS, Map.of("VMSNAP_OPERATOR_POLL_INTERVAL", POLL_INTERVAL))) {
      long begin = run.mark();
      run.apply();
      Eventually.holds(
          "all are Ready",
          LIMIT,
          run::allReady,
          () -> run.machinesReady() + " machines, " + run.snapshotsReady() + " snapshots");
      long ready = run.awaitQuiet(QUIET, LIMIT);

      List<Request> requests = run.requestsBetween(begin, ready);
      assertThat(run.jobs()).as("a job for each snapshot").isEqualTo(SNAPSHOTS);
      assertThat(requests.size())
          .as("requests: %s", byKind(requests))
          .isBetween(SNAPSHOTS, SNAPSHOTS * REQUESTS_PER_SNAPSHOT);
      assertThat(byKind(requests).get("update vmsnapshots/status"))
          .isLessThanOrEqualTo(SNAPSHOTS * STATUS_WRITES_PER_SNAPSHOT);

      run.restartOperator(LIMIT);
      List<Request> afterwards = run.requestsBetween(ready, run.awaitQuiet(QUIET, LIMIT));
      assertThat(afterwards).as("the new operator lists").isNotEmpty();
      assertThat(afterwards.stream().filter(Request::isWrite)).isEmpty();
      assertThat(run.jobs()).isEqualTo(SNAPSHOTS);
    }
  }

  private static Map<String, Long> byKind(List<Request> requests) {
    return requests.stream()
        .collect(Collectors.groupingBy(Request::what, TreeMap::new, Collectors.counting()));
  }
}
