package io.vmsnap.api.v1alpha1;

/**
 * Types of conditions. {@link #Ready}, {@link #Reconciling} and {@link #Stalled} have the meaning
 * that kstatus gives them, so {@code kubectl wait}, Flux and Argo CD read them unchanged.
 */
public enum ConditionType {
  /** What the spec asks for is there. */
  Ready,
  /** The operator, or something it waits for, is at work towards it. */
  Reconciling,
  /** No progress without a change by a person. */
  Stalled,
  /** VirtualMachine: the guest executes. */
  Running,
  /** VirtualMachine: the QEMU guest agent answered lately. */
  GuestAgentConnected,
  /** VirtualMachine: the spec has changes that take effect at the next power-on. */
  RestartRequired,
  /**
   * VirtualMachine: disks of deleted snapshots are still to be merged. Nothing is lost; the
   * annotation {@code vmsnap.io/consolidate} merges them. Told while the machine runs.
   */
  ConsolidationNeeded,
  /**
   * VirtualMachine: less of the volume is free than {@code snapshotPolicy.reservePercent} of it, or
   * its deltas grow so fast that it is full within a day. Told while the machine runs.
   */
  SpaceLow,
  /** VirtualMachine: a snapshot is older than {@code snapshotPolicy.warnAfterHours}. */
  SnapshotsOld,
  /**
   * VMSnapshot: the guest's file systems were seen frozen from before the switch until after it.
   */
  Quiesced
}
