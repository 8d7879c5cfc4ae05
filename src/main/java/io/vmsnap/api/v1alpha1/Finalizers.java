package io.vmsnap.api.v1alpha1;

/** Finalizers: who holds an object back from deletion, and who lets it go. */
public final class Finalizers {
  /**
   * On a VMSnapshot: keeps the resource until its delta is merged into the neighbour; set by the
   * operator before a snapshot is taken, removed by the operator when the merge is done or can no
   * longer matter. Reserved: no released version sets it yet, and deleting a VMSnapshot leaves the
   * snapshot in the directory.
   */
  public static final String CONSOLIDATE = "vmsnap.io/consolidate";

  private Finalizers() {}
}
