package io.vmsnap.api.v1alpha1;

/**
 * Labels on the objects the operator makes. All are set at creation, not changed by it, and vanish
 * with the object. {@link #VM_NAME} is put on VMSnapshots too, so that one selector finds all of a
 * machine's.
 */
public final class Labels {
  /** {@value #MANAGED_BY_VALUE} on every child. The operator's informers see nothing else. */
  public static final String MANAGED_BY = "app.kubernetes.io/managed-by";

  public static final String MANAGED_BY_VALUE = "vmsnap";

  /** Name of the virtual machine that a pod, a job or a claim serves. */
  public static final String VM_NAME = "vmsnap.io/vm-name";

  /** {@link #RUNNER}, {@link #JOB} or {@link #DIRECTORY}. */
  public static final String COMPONENT = "vmsnap.io/component";

  public static final String RUNNER = "runner";
  public static final String JOB = "job";
  public static final String DIRECTORY = "directory";

  /** Name of the VMSnapshot that a job and its pod work for. */
  public static final String SNAPSHOT_NAME = "vmsnap.io/snapshot-name";

  /** Name of the VMSnapshotRevert that a job and its pod work for. */
  public static final String REVERT_NAME = "vmsnap.io/revert-name";

  /**
   * On a VMSnapshot: name of the VMSnapshotSchedule that made it, whose retention counts it. A user
   * may take the label off; the snapshot then stays until somebody deletes it.
   */
  public static final String SCHEDULE_NAME = "vmsnap.io/schedule-name";

  private Labels() {}
}
