package io.vmsnap.api.v1alpha1;

/** Annotations: what the operator notes on its own objects, and what users ask for on theirs. */
public final class Annotations {
  /**
   * Hash of what a pod or job was made from. On a runner pod it tells a running machine that its
   * resource has changed since (condition {@code RestartRequired}); on a job, that a job of the
   * right name does another task, whose outcome must not be believed. Set at creation by the
   * operator, never changed, gone with the object.
   */
  public static final String SPEC_HASH = "vmsnap.io/spec-hash";

  /**
   * On a VMSnapshot, set by its author when it is created: the uid of a snapshot that is in the
   * directory and has no resource. The resource stands for it from then on; nothing is taken.
   */
  public static final String IMPORT = "vmsnap.io/import";

  /**
   * On a VMSnapshot, set to {@code "true"} by a user before its deletion: the snapshots that
   * descend from it go with it. Their data is lost, except what the machine's current state needs.
   */
  public static final String DELETE_DESCENDANTS = "vmsnap.io/delete-descendants";

  /**
   * On a VirtualMachine, set by a user to any new value, such as a date: merges what interrupted
   * deletions left in the directory. A value is served once, so one that stays in Git is harmless.
   */
  public static final String CONSOLIDATE = "vmsnap.io/consolidate";

  /**
   * On the VMSnapshot that a revert takes first: UID of the revert, so that a snapshot of the same
   * name that somebody else made is not taken for it. Set at creation by the operator.
   */
  public static final String SAVED_BY = "vmsnap.io/saved-by";

  /**
   * On a VMSnapshot that a schedule made: the time of the schedule, in UTC, that it stands for. Set
   * at creation by the operator.
   */
  public static final String SCHEDULED_TIME = "vmsnap.io/scheduled-time";

  private Annotations() {}
}
