package io.vmsnap.operator.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.operator.Fixtures;
import java.util.Map;
import java.util.TreeMap;
import org.jboss.logging.MDC;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LogScopeTest {
  @AfterEach
  void clear() {
    MDC.clear();
  }

  @Test
  void snapshotIsNamedWithItsMachineAndTheOperationUnderWay() {
    VMSnapshot snapshot =
        Fixtures.withStatus(
            Fixtures.snapshot("before", "2026-03-01T09:00:00Z"),
            "{\"phase\": \"Creating\", \"attempt\": {\"operation\": \"Create\", \"number\": 1}}");

    assertThat(LogScope.about(snapshot, LogScopeTest::context))
        .isEqualTo(
            Map.of("namespace", "demo", "vm", "web", "snapshot", "before", "operation", "Create"));
    assertThat(context()).isEmpty();
  }

  @Test
  void operationThatHasEndedIsNotNamed() {
    VMSnapshot snapshot =
        Fixtures.withStatus(
            Fixtures.snapshot("before", "2026-03-01T09:00:00Z"),
            "{\"phase\": \"Ready\", \"attempt\": {\"operation\": \"Create\", \"ended\": true}}");

    assertThat(LogScope.about(snapshot, LogScopeTest::context))
        .isEqualTo(Map.of("namespace", "demo", "vm", "web", "snapshot", "before"));
  }

  @Test
  void revertIsNamedWithMachineAndSnapshot() {
    VMSnapshotRevert revert = Fixtures.revert("back", "2026-03-01T09:00:00Z", "");

    assertThat(LogScope.about(revert, LogScopeTest::context))
        .isEqualTo(Map.of("namespace", "demo", "vm", "web", "snapshot", "first", "revert", "back"));
  }

  @Test
  void failureLeavesNothingBehind() {
    assertThatThrownBy(
            () ->
                LogScope.about(
                    Fixtures.machine(),
                    () -> {
                      throw new IllegalStateException("no API server");
                    }))
        .hasMessage("no API server");
    assertThat(context()).isEmpty();
  }

  private static Map<String, String> context() {
    Map<String, String> context = new TreeMap<>();
    MDC.getMap().forEach((name, value) -> context.put(name, value.toString()));
    return context;
  }
}
