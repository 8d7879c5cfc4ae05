package io.vmsnap.api.v1alpha1;

/** Group and version of the resources in this package. */
public final class ApiGroup {
  public static final String NAME = "vmsnap.io";
  public static final String VERSION = "v1alpha1";

  private ApiGroup() {}
}
