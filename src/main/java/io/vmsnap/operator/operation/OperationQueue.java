package io.vmsnap.operator.operation;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Whose turn it is among the operations on one machine. There is no list of waiting operations to
 * lose or repair: the order follows from what is observed. An operation that is found late, but
 * would have been earlier, waits for one that has begun; the lock on the directory holds even where
 * two informers disagree for a moment.
 */
public final class OperationQueue {
  private OperationQueue() {}

  /**
   * The last of those that must end before this one begins; empty if it is this one's turn. It is
   * the last and not the first, because it stays the same while the queue moves: who waits says so
   * once, and does not write a status each time that another one has its turn.
   *
   * @param all the open operations on the same machine; whether this one is among them does not
   *     matter
   */
  public static Optional<Operation> before(Operation self, List<Operation> all) {
    Operation place = placed(self, all);
    // the whole waits for its part by itself, and the part must not wait for the whole; the same
    // holds for a revert and the snapshot that it returns to
    List<Operation> others =
        all.stream()
            .filter(other -> !other.uid().equals(self.uid()))
            .filter(other -> !self.isAwaitedBy(other))
            .map(other -> placed(other, all))
            .toList();
    return others.stream()
        .filter(other -> Operation.ORDER.compare(other, place) < 0)
        .filter(other -> others.stream().noneMatch(whole -> whole.uid().equals(other.partOf())))
        .max(Operation.ORDER)
        .or(() -> others.stream().filter(Operation::begun).min(Operation.ORDER));
  }

  private static Operation placed(Operation operation, List<Operation> all) {
    return all.stream()
        .filter(
            other ->
                Objects.equals(other.uid(), operation.partOf()) || needsLater(operation, other))
        .findFirst()
        .map(operation::inPlaceOf)
        .orElse(operation);
  }

  /** Who needs an operation that comes later has to let those before it go first. */
  private static boolean needsLater(Operation operation, Operation other) {
    return other.uid().equals(operation.needs()) && Operation.ORDER.compare(operation, other) < 0;
  }
}
