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
 */
public record Operation(
    String uid, String name, String asked, Long sequence, boolean begun, String partOf) {

  /** Creation order; what was never looked at comes last within its second. */
  static final Comparator<Operation> ORDER =
      Comparator.comparing(Operation::asked)
          .thenComparing(o -> o.sequence() == null ? Long.MAX_VALUE : o.sequence())
          .thenComparing(Operation::name);

  /** The same operation in the place of the one that it is a part of. */
  Operation inPlaceOf(Operation whole) {
    return new Operation(uid, name, whole.asked(), whole.sequence(), begun, partOf);
  }
}
