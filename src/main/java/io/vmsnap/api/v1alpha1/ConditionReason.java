package io.vmsnap.api.v1alpha1;

/** Reasons of conditions: tokens for programs; the message beside them is for people. */
public enum ConditionReason {
  // both kinds
  /** The spec breaks a rule of the API, which an API server before 1.25 does not check. */
  InvalidSpec,
  /** All is as asked. */
  Succeeded,
  /** Nothing is under way. */
  Idle,
  /** An object of the name we need exists and is not ours. */
  NameTaken,
  /** The API server refused an object that we need; the message says why. */
  ChildRefused,

  // VirtualMachine
  /** Waits for the claim that holds the directory. */
  WaitingForClaim,
  /** The claim is lost, was deleted under us, or lets no job work beside the machine. */
  ClaimUnusable,
  /** The pod is not scheduled yet, or its image is not there. */
  WaitingForPod,
  /** The runner prepares the directory and starts QEMU. */
  Starting,
  Running,
  /** The guest is stopped, on request or by an operation. */
  Paused,
  /** The guest is stopped because a write failed, as on a full volume. */
  IOError,
  ShuttingDown,
  PoweredOff,
  /** The memory of the running machine is being saved. */
  Suspending,
  /** Off, with its memory saved. */
  Suspended,
  /** The runner ended by itself; a new one starts after a pause. */
  RunnerExited,
  /** The pod runs but its runner does not answer. */
  RunnerUnreachable,
  /** The runner says that it cannot go on; the message is its own. */
  RunnerProblem,
  AgentConnected,
  AgentNotConnected,
  /** {@code spec.guestAgent} is false. */
  AgentDisabled,
  /** The runner's pod was made from an older spec. */
  SpecChanged,
  /** The runner's pod was made from this spec. */
  UpToDate,
  /** A deletion ended before all was merged. */
  MergePending,
  /** No disk of a deleted snapshot is left to merge. */
  Consolidated,

  /** Less space is free than the reserve. */
  BelowReserve,
  /** At the rate of the last hour the volume is full within a day. */
  FillsSoon,
  /** The reserve is free. */
  ReserveFree,
  /** Snapshots are older than the policy advises. */
  OverAge,
  /** No snapshot is too old. */
  WithinAge,

  /** A revert is under way. */
  Reverting,

  // VMSnapshot
  /** There is no VirtualMachine of that name. */
  WaitingForVM,
  /** The machine exists but cannot be snapshotted now. */
  VMNotReady,
  /** Another operation on the same machine comes first. */
  VMBusy,
  /** The job is to start, or runs. */
  Creating,
  /** A try failed for a reason that may pass. */
  Retrying,
  /** The deadline of {@code spec.timeout} passed. */
  TimedOut,
  /** Deltas, or the reserve, do not fit into the volume. */
  InsufficientSpace,
  /** The chain has as many snapshots as the policy allows. */
  ChainTooDeep,
  /** The directory has as many snapshots as the policy allows. */
  TooManySnapshots,
  /** Memory was asked for, and the machine was powered off. */
  MemoryNotAvailable,
  /** The directory has no snapshot of that uid. */
  SnapshotNotFound,

  /** The snapshot is being merged and removed. */
  Deleting,
  /** It is out of the directory. */
  Deleted,
  /** The machine's directory no longer has it. */
  SnapshotVanished,
  /** Another resource stands for the snapshot that is to be imported. */
  AlreadyManaged,
  /** The directory's snapshots are not known yet. */
  WaitingForDirectory,
  /** The new description is being written into the directory. */
  Describing,

  // VMSnapshotRevert
  /** There is no VMSnapshot of that name, or it is not ready. */
  WaitingForSnapshot,
  /** The snapshot belongs to another machine, failed, or is being deleted. */
  SnapshotUnusable,
  /** The machine runs, and the spec says to wait or to fail. */
  VMRunning,
  /** The state that is being left is being saved. */
  Saving,
  /** The state that is being left could not be saved. */
  SavingFailed,

  // VMSnapshotSchedule
  /** Waits for its next time. */
  Scheduled,
  /** {@code spec.suspend} is true. */
  ScheduleSuspended,
  /** No time matches, as with the 30th of February. */
  NeverDue,
  /** Some snapshots of the last time could not be created. */
  RunIncomplete,

  // VMSnapshot, condition Quiesced
  /** The file systems were frozen, and the thaw found them frozen. */
  Frozen,
  /** The spec does not ask for it. */
  NotRequested,
  /** Saved memory holds what the file systems have not written yet. */
  NotNeededWithMemory,
  /** The guest could not freeze its file systems. */
  FreezeFailed,
  /** The freeze took longer than it may. */
  FreezeTimeout,
  /** The guest was thawed before the disks had switched. */
  ThawedEarly,

  // VMSnapshot, its job
  /** The request asks for something that this version cannot do. */
  NotSupported,
  /** The request contradicts itself or the directory. */
  InvalidRequest,
  DiskNotSupported,
  /** A file of the directory is missing, damaged or too new. */
  DirectoryDamaged,
  /** QEMU died or went silent. */
  HypervisorFailed,
  /** Reading or writing a file failed. */
  StorageFailed,
  /** The job was asked to stop, as when its pod is deleted. */
  Interrupted,
  /** The job ended without a result that could be read. */
  JobFailed,
  /** The job's pod was removed by Kubernetes to free resources of its node. */
  JobEvicted,
  /** The job's pod needed more memory than it may have. */
  JobOutOfMemory,
  /** A defect of ours. */
  InternalError
}
