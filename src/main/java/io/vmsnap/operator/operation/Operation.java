package io.vmsnap.operator.operation;

import java.util.Comparator;

/**
 * An operation on a machine that waits for its turn, or has begun.
 *
 * @param uid UID of the resource that asks for it
 * @param name of the resource, as {@code snapshot before-upgrade}, for people
 * @param asked when it was asked for, in whole seconds as Kubernetes tells it
 * @param sequence decides between those of one second; null before the operator's first look
 * @param begun whether its intent is in a status, so that a job may be at work
 * @param partOf UID of the operation that this one is a part of; null for none
 * @param needs UID of the operation that must end before this one can begin, even if that was asked
 *     for later; null for none
 */
public record Operation(
    String uid,
    String name,
    String asked,
    Long sequence,
    boolean begun,
    String partOf,
    String needs) {

  /** Creation order; what was never looked at comes last within its second. */
  static final Comparator<Operation> ORDER =
      Comparator.comparing(Operation::asked)
          .thenComparing(o -> o.sequence() == null ? Long.MAX_VALUE : o.sequence())
          .thenComparing(Operation::name);

  /** One that needs no other. */
  public Operation(
      String uid, String name, String asked, Long sequence, boolean begun, String partOf) {
    this(uid, name, asked, sequence, begun, partOf, null);
  }

  /** The same operation, which cannot begin before that one has ended. */
  Operation needing(Operation other) {
    return new Operation(uid, name, asked, sequence, begun, partOf, other.uid());
  }

  /** The same operation in the place of the one that it is a part of, or needs. */
  Operation inPlaceOf(Operation other) {
    return new Operation(uid, name, other.asked(), other.sequence(), begun, partOf, needs);
  }

  /** Whether the other one waits for this one, whichever was asked for first. */
  boolean isAwaitedBy(Operation other) {
    return uid.equals(other.needs()) || other.uid().equals(partOf);
  }
}
