package io.vmsnap.api.v1alpha1;

/** Finalizers: who holds an object back from deletion, and who lets it go. */
public final class Finalizers {
  /**
   * On a VMSnapshot: keeps the resource until its delta is merged into the neighbour; set by the
   * operator before a snapshot is taken, removed by the operator when the merge is done or can no
   * longer matter: the machine is gone, the snapshot is not in its directory, or {@code
   * spec.deletionPolicy} says Retain.
   */
  public static final String CONSOLIDATE = "vmsnap.io/consolidate";

  private Finalizers() {}
}
