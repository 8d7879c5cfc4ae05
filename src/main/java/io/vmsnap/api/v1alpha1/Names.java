package io.vmsnap.api.v1alpha1;

/** Names that users choose and that end up as file names, device names or label values. */
public final class Names {
  /** Leaves room for the suffixes of pods and claims within the 63 characters of a host name. */
  public static final int MAX_VM_NAME = 50;

  /** The longest value of a label. */
  public static final int MAX_SNAPSHOT_NAME = 63;

  /** Leaves room for {@link #SAVED_SUFFIX} in the name of a snapshot. */
  public static final int MAX_REVERT_NAME = 57;

  /** As of a CronJob: leaves room for the time in the name of a snapshot. */
  public static final int MAX_SCHEDULE_NAME = 52;

  /** Ends the name of the snapshot that a revert takes of the state it leaves. */
  public static final String SAVED_SUFFIX = "-saved";

  public static final String DNS_LABEL = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$";

  /**
   * Names that VMware's tools would take for another file of the same disk, such as {@code
   * web-000001.vmdk} or {@code web-flat.vmdk}.
   */
  public static final String LOOKS_LIKE_A_DISK_FILE = "-([0-9]{6}|flat|delta|ctk)$";

  /**
   * A path below a directory, which cannot leave it: no segment begins with a dot, so neither
   * {@code ..} nor our own {@code .vmsnap} can be named.
   */
  public static final String RELATIVE_PATH =
      "^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$";

  /**
   * Likewise for a disk; VMware names them as people name machines: {@code Old Server (1).vmdk}.
   */
  public static final String DISK_PATH =
      "^[A-Za-z0-9_][A-Za-z0-9 ()._-]*(/[A-Za-z0-9_][A-Za-z0-9 ()._-]*)*$";

  private Names() {}
}
