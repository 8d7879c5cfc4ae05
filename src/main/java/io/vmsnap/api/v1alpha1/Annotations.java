package io.vmsnap.api.v1alpha1;

/** Annotations on the objects the operator makes. */
public final class Annotations {
  /**
   * Hash of what a pod or job was made from. On a runner pod it tells a running machine that its
   * resource has changed since (condition {@code RestartRequired}); on a job, that a job of the
   * right name does another task, whose outcome must not be believed. Set at creation by the
   * operator, never changed, gone with the object.
   */
  public static final String SPEC_HASH = "vmsnap.io/spec-hash";

  private Annotations() {}
}
