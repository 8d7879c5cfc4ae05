package io.vmsnap.operator.status;

import io.vmsnap.api.v1alpha1.ConditionReason;
import io.vmsnap.api.v1alpha1.ConditionType;
import io.vmsnap.operator.status.Conditions.Truth;

/**
 * Where a resource stands, from which the three conditions of kstatus follow.
 *
 * @param under what is under way beside it; null for nothing
 * @param stuck what waits for a person beside it; null for nothing
 */
public record Summary(State state, ConditionReason reason, String message, Note under, Note stuck) {

  /** A reason and its prose. */
  public record Note(ConditionReason reason, String message) {}

  /** One of three. */
  public enum State {
    /** As asked. */
    READY,
    /** On its way. */
    MOVING,
    /** Failed, or waits for a person. */
    STUCK
  }

  public static Summary ready(String message) {
    return new Summary(State.READY, ConditionReason.Succeeded, message, null, null);
  }

  public static Summary moving(ConditionReason reason, String message) {
    return new Summary(State.MOVING, reason, message, new Note(reason, message), null);
  }

  public static Summary stuck(ConditionReason reason, String message) {
    return new Summary(State.STUCK, reason, message, null, new Note(reason, message));
  }

  /** As it stands, with something under way that does not take away from it. */
  public Summary reconciling(ConditionReason why, String what) {
    return new Summary(state, reason, message, new Note(why, what), stuck);
  }

  /** As it stands, with something beside it that waits for a person. */
  public Summary stalled(ConditionReason why, String what) {
    return new Summary(state, reason, message, under, new Note(why, what));
  }

  public void addReady(Conditions next) {
    next.add(ConditionType.Ready, Truth.of(state == State.READY), reason, message);
  }

  public void addReconciling(Conditions next) {
    add(next, ConditionType.Reconciling, under, Conditions.NOTHING_UNDER_WAY);
  }

  public void addStalled(Conditions next) {
    add(next, ConditionType.Stalled, stuck, Conditions.NOTHING_STUCK);
  }

  private static void add(Conditions next, ConditionType type, Note note, String nothing) {
    next.add(
        type,
        Truth.of(note != null),
        note == null ? ConditionReason.Idle : note.reason(),
        note == null ? nothing : note.message());
  }
}
