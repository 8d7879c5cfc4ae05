package io.vmsnap.api.v1alpha1;

/** Group and version of the resources in this package. */
public final class ApiGroup {
  public static final String NAME = "vmsnap.io";
  public static final String VERSION = "v1alpha1";

  /**
   * {@code kubectl get vmsnap-all} lists every kind. The name must not be that of a kind, long or
   * short: kubectl looks for categories first, and {@code kubectl get vmsnap} would list them all.
   */
  public static final String CATEGORY = "vmsnap-all";

  private ApiGroup() {}
}
