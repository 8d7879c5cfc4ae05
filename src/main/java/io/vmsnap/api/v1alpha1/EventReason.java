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
  /** VMSnapshot: a resource stands for a snapshot that was in the directory. */
  SnapshotImported,
  /** VMSnapshot: the snapshot is out of the directory. */
  SnapshotDeleted,
  /** VMSnapshot: a deletion does not go on without a person. */
  DeletionFailed,
  /** VMSnapshot: the .vmsd file has the new description. */
  SnapshotDescribed,
  /** VMSnapshot: the directory has lost the snapshot. */
  SnapshotVanished,
  /** VMSnapshotRevert: a job was created. */
  RevertStarted,
  /** VMSnapshotRevert: a try failed and is repeated. */
  RevertRetried,
  /** VMSnapshotRevert: the machine is what the snapshot was. */
  Reverted,
  /** VMSnapshotRevert: failed for good; the machine is as before. */
  RevertFailed,
  /** VirtualMachine: a job of its own was created. */
  OperationStarted,
  /** VirtualMachine: its memory is saved, and it is off. */
  Suspended,
  /** VirtualMachine: what deletions left has been merged. */
  Consolidated,
  /** VirtualMachine: a job of its own failed. */
  OperationFailed,
  /** VirtualMachine: a revert decides about its power until spec.powerState changes. */
  PowerOverridden,
  /** VMSnapshotSchedule: VMSnapshots were created. */
  SnapshotsScheduled,
  /** VMSnapshotSchedule: a machine was left out, because its last snapshot is not finished. */
  RunSkipped,
  /** VMSnapshotSchedule: a time passed unserved, and it is too late to make up for it. */
  RunMissed,
  /** VMSnapshotSchedule: the API server refused VMSnapshots. */
  RunFailed,
  /** VMSnapshotSchedule: retention deletes VMSnapshots. */
  SnapshotsExpired,
  /** VirtualMachine: less of its volume is free than the reserve, or it is full within a day. */
  SpaceLow,
  /** VirtualMachine: a snapshot has grown older than the policy advises. */
  SnapshotsOld,
  /** The spec breaks a rule of the API. */
  InvalidSpec
}
