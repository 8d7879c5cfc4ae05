package io.vmsnap.operator.reconciler.virtualmachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.Serialization;
import io.vmsnap.api.v1alpha1.VirtualMachineStatus;
import io.vmsnap.operator.Fixtures;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class SizePaceTest {
  private static final Instant START = Fixtures.NOW;
  private static final VirtualMachineStatus BEFORE = status("free: 3Gi", "Running");
  private static final VirtualMachineStatus FULLER = status("free: 2Gi", "Running");

  private static final Duration PAUSE = Duration.ofSeconds(10);

  private final SizePace pace = new SizePace(Duration.ofSeconds(2));

  @Test
  void firstSizesAreWrittenAtOnce() {
    assertThat(pace.rest("a", BEFORE, FULLER, START)).isZero();
    assertThat(pace.rest("a", null, FULLER, START)).isZero();
  }

  @Test
  void sizesAloneWaitForTheirTurn() {
    pace.written("a", START);

    assertThat(pace.rest("a", BEFORE, FULLER, START.plusSeconds(4)))
        .isEqualTo(PAUSE.minusSeconds(4));
    assertThat(pace.rest("a", BEFORE, FULLER, START.plus(PAUSE))).isZero();
    assertThat(pace.rest("b", BEFORE, FULLER, START)).as("another machine").isZero();
  }

  @Test
  void allElseIsWrittenAtOnce() {
    pace.written("a", START);

    assertThat(pace.rest("a", BEFORE, status("free: 2Gi", "Paused"), START)).isZero();
    assertThat(pace.rest("a", BEFORE, status("path: other", "Running"), START)).isZero();
  }

  @Test
  void laterWritesOfOthersForgetNobodyTooEarly() {
    pace.written("a", START);
    pace.written("b", START.plus(PAUSE).minus(Duration.ofSeconds(1)));

    assertThat(pace.rest("a", BEFORE, FULLER, START.plusSeconds(9)))
        .isEqualTo(Duration.ofSeconds(1));
  }

  private static VirtualMachineStatus status(String directory, String reason) {
    return Serialization.unmarshal(
        """
        directory: {claimName: c, %s}
        conditions: [{type: Ready, status: "True", reason: %s}]
        """
            .formatted(directory, reason),
        VirtualMachineStatus.class);
  }
}
