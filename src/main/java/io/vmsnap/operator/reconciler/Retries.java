package io.vmsnap.operator.reconciler;

/** How failed reconciliations are repeated. */
public final class Retries {
  /**
   * The framework's default gives up after five: a resource that failed while the API server was
   * away would stay untouched until somebody edits it.
   */
  public static final int ENDLESS = -1;

  private Retries() {}
}
