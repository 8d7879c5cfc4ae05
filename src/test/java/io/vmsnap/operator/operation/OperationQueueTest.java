package io.vmsnap.operator.operation;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.api.v1alpha1.VMSnapshot;
import io.vmsnap.api.v1alpha1.VMSnapshotRevert;
import io.vmsnap.operator.Fixtures;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OperationQueueTest {
  private static final String NINE = "2026-03-01T09:00:00Z";

  private final Operation a = waiting("a", NINE, 7L);
  private final Operation b = waiting("b", NINE, 5L);
  private final Operation c = waiting("c", "2026-03-01T09:00:01Z", 1L);

  @Test
  void earliestGoesFirst() {
    assertThat(OperationQueue.before(c, List.of(c, a))).contains(a);
    assertThat(OperationQueue.before(a, List.of(c, a))).isEmpty();
  }

  @Test
  void sequenceDecidesWithinASecond() {
    assertThat(OperationQueue.before(a, List.of(a, b))).contains(b);
    assertThat(OperationQueue.before(b, List.of(a, b))).isEmpty();
  }

  @Test
  void oneThatWasNeverLookedAtComesLastWithinItsSecond() {
    Operation fresh = waiting("0", NINE, null);

    assertThat(OperationQueue.before(fresh, List.of(a, fresh))).contains(a);
    assertThat(OperationQueue.before(a, List.of(a, fresh))).isEmpty();
    assertThat(OperationQueue.before(c, List.of(c, fresh))).contains(fresh);
  }

  @Test
  void oneThatHasBegunIsWaitedForEvenIfItCameLater() {
    Operation begun = begun("d", "2026-03-01T09:00:02Z", null);

    assertThat(OperationQueue.before(a, List.of(a, begun))).contains(begun);
  }

  /** A revert that saves the state it leaves waits for a snapshot, which came after others. */
  @Test
  void partGoesInThePlaceOfItsWhole() {
    Operation revert = begun("r", NINE, null);
    Operation saved =
        new Operation("saved", "saved", "2026-03-01T09:00:09Z", 99L, false, revert.uid());
    List<Operation> all = List.of(revert, c, saved);

    assertThat(OperationQueue.before(saved, all)).isEmpty();
    assertThat(OperationQueue.before(c, all)).contains(revert);
  }

  @Test
  void partOfAWholeThatHasEndedStandsForItself() {
    Operation saved =
        new Operation("saved", "saved", "2026-03-01T09:00:09Z", 99L, false, "long gone");

    assertThat(OperationQueue.before(saved, List.of(a, saved))).contains(a);
  }

  /** Applied together, in any order: neither may wait for the other for ever. */
  @Test
  void revertLetsItsSnapshotGoFirst() {
    Operation revert = waiting("r", NINE, 1L).needing(c);
    List<Operation> all = List.of(revert, a, b, c);

    assertThat(OperationQueue.before(b, all)).isEmpty();
    assertThat(OperationQueue.before(a, all)).contains(b);
    assertThat(OperationQueue.before(c, all)).contains(a);
    assertThat(OperationQueue.before(c, List.of(revert, c))).isEmpty();
    Operation later = waiting("later", "2026-03-01T09:00:02Z", 2L);
    assertThat(OperationQueue.before(later, List.of(revert, later))).isPresent();
  }

  @Test
  void snapshotToBeTakenIsNotHeldUpByTheRevertToIt() {
    VMSnapshot snapshot = Fixtures.snapshot("first", "2026-03-01T09:00:05Z");
    VMSnapshotRevert revert = Fixtures.revert("back", NINE, "");

    List<Operation> all = Operations.of(Optional.empty(), List.of(snapshot), List.of(revert));

    assertThat(all).hasSize(2);
    assertThat(OperationQueue.before(Operations.of(snapshot).orElseThrow(), all)).isEmpty();
  }

  /** Whatever the order of arrival, exactly one may begin. */
  @Test
  void exactlyOneMayBegin() {
    List<Operation> all = List.of(c, b, a);

    assertThat(all.stream().filter(o -> OperationQueue.before(o, all).isEmpty()))
        .containsExactly(b);
  }

  private static Operation waiting(String name, String asked, Long sequence) {
    return new Operation("uid of " + name, name, asked, sequence, false, null);
  }

  private static Operation begun(String name, String asked, String partOf) {
    return new Operation("uid of " + name, name, asked, 50L, true, partOf);
  }
}
