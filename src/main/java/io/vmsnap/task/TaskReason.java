package io.vmsnap.task;

/** Why a job ended as it did; {@link #verdict()} tells the operator what follows. */
public enum TaskReason {
  Completed(Verdict.DONE),
  /** Another operation, or another job, has the directory. */
  VMBusy(Verdict.RETRY),
  /** The machine died or went silent; the directory was rolled back or forward. */
  HypervisorFailed(Verdict.RETRY),
  /** Reading or writing a file failed for a reason that may pass. */
  StorageFailed(Verdict.RETRY),
  /** Asked to stop, as when its pod is deleted; what had been done was taken back. */
  Interrupted(Verdict.RETRY),
  TimedOut(Verdict.FAILED),
  InsufficientSpace(Verdict.FAILED),
  ChainTooDeep(Verdict.FAILED),
  /** The directory has as many snapshots as the policy allows. */
  TooManySnapshots(Verdict.FAILED),
  /** Memory was asked for, and the machine is powered off. */
  MemoryNotAvailable(Verdict.FAILED),
  /** Quiescing is required, and no guest agent answers. */
  AgentNotConnected(Verdict.FAILED),
  /** Quiescing is required, and the guest could not freeze its file systems. */
  FreezeFailed(Verdict.FAILED),
  /** Quiescing is required, and the freeze took longer than it may. */
  FreezeTimeout(Verdict.FAILED),
  /** Quiescing is required, and the guest was thawed before the disks had switched. */
  ThawedEarly(Verdict.FAILED),
  /** The directory has no snapshot of that uid. */
  SnapshotNotFound(Verdict.FAILED),
  /** The request asks for something this version cannot do. */
  NotSupported(Verdict.FAILED),
  /** The request contradicts itself or the directory. */
  InvalidRequest(Verdict.FAILED),
  DiskNotSupported(Verdict.FAILED),
  /** A file of the directory is missing, damaged or too new; nothing was changed. */
  DirectoryDamaged(Verdict.FAILED),
  /** A defect of ours. */
  InternalError(Verdict.FAILED);

  private final Verdict verdict;

  TaskReason(Verdict verdict) {
    this.verdict = verdict;
  }

  public Verdict verdict() {
    return verdict;
  }

  /** What the operator does next. */
  public enum Verdict {
    DONE,
    RETRY,
    FAILED
  }
}
