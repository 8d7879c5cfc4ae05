package io.vmsnap.operator.operation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
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
