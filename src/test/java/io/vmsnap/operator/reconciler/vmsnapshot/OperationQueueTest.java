package io.vmsnap.operator.reconciler.vmsnapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotStatus.Phase;
import io.vmsnap.operator.Fixtures;
import java.util.List;
import org.junit.jupiter.api.Test;

class OperationQueueTest {
  private final VMSnapshot a = Fixtures.snapshot("a", "2026-03-01T09:00:00Z");
  private final VMSnapshot b = Fixtures.snapshot("b", "2026-03-01T09:00:00Z");
  private final VMSnapshot c = Fixtures.snapshot("c", "2026-03-01T09:00:01Z");

  @Test
  void earliestGoesFirst() {
    assertThat(OperationQueue.before(c, List.of(c, a))).contains(a);
    assertThat(OperationQueue.before(a, List.of(c, a))).isEmpty();
  }

  @Test
  void nameBreaksATie() {
    assertThat(OperationQueue.before(b, List.of(a, b))).contains(a);
    assertThat(OperationQueue.before(a, List.of(a, b))).isEmpty();
  }

  @Test
  void finishedOnesAreOutOfTheWay() {
    Fixtures.withPhase(a, Phase.Ready);
    Fixtures.withPhase(b, Phase.Failed);

    assertThat(OperationQueue.before(c, List.of(a, b, c))).isEmpty();
  }

  @Test
  void oneThatHasBegunIsWaitedForEvenIfItWasCreatedLater() {
    Fixtures.withPhase(c, Phase.Creating);

    assertThat(OperationQueue.before(a, List.of(a, c))).contains(c);
  }

  @Test
  void oneThatWaitsForAPersonHoldsUpNobody() {
    VMSnapshot invalid = Fixtures.snapshot("a.b", "2026-03-01T08:00:00Z");

    assertThat(OperationQueue.before(a, List.of(invalid, a))).isEmpty();
  }

  @Test
  void oneThatIsBeingDeletedHoldsUpNobody() {
    a.getMetadata().setDeletionTimestamp("2026-03-01T09:30:00Z");

    assertThat(OperationQueue.before(b, List.of(a, b))).isEmpty();
  }

  /** Whatever the order of arrival, exactly one may begin. */
  @Test
  void exactlyOneMayBegin() {
    List<VMSnapshot> all = List.of(c, b, a);

    assertThat(all.stream().filter(s -> OperationQueue.before(s, all).isEmpty()))
        .containsExactly(a);
  }
}
