package io.vmsnap.api.v1alpha1;

/** What a job does to a VM directory. Operations on one machine run one after the other. */
public enum OperationKind {
  /** Takes a snapshot. */
  Create,
  /** Writes a snapshot's new description into the directory. */
  Describe,
  /** Removes a snapshot and keeps every other state. */
  Delete,
  /** Returns the machine to a snapshot. */
  Revert,
  /** Saves the running machine's memory and ends it. */
  Suspend,
  /** Merges what an interrupted deletion left. */
  Consolidate
}
