package io.vmsnap.api.v1alpha1;

/** Reasons of the Events that the operator records. Stable: alerts may match them. */
public enum EventReason {
  /** VirtualMachine: the runner's pod was created. */
  PodCreated,
  /** VirtualMachine: the guest executes. */
  PoweredOn,
  /** VirtualMachine: the runner's pod is gone, as the spec asks. */
  PoweredOff,
  /** VirtualMachine: the runner ended by itself. */
  RunnerExited,
  /** VirtualMachine: the guest stands still because a write failed. */
  IOError,
  /** VMSnapshot: a job was created. */
  SnapshotStarted,
  /** VMSnapshot: the snapshot is in the directory. */
  SnapshotReady,
  /** VMSnapshot: a try failed and is repeated. */
  SnapshotRetried,
  /** VMSnapshot: failed for good; the directory is as before. */
  SnapshotFailed,
  /** The spec breaks a rule of the API. */
  InvalidSpec
}
