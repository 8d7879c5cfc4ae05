package io.vmsnap.snapshot.journal;

/** What a crash leaves behind, and with it the direction in which recovery goes. */
public enum Phase {
  /** New files may exist in part and nothing uses them: recovery deletes them. */
  PREPARING,
  /**
   * New files are complete and durable and the machine may write to them already: recovery goes
   * forward.
   */
  SWITCHING,
  /**
   * Memory is being saved, or the guest has to stay frozen until the disks have switched, or the
   * snapshot is given up, and the machine may write to the new files already: recovery gives the
   * snapshot up, and moves what was written back into the old ones.
   */
  SAVING,
  /**
   * All texts are in place and the machine may run from them already, and change them: recovery
   * goes forward without writing them again, or back if the machine shows that it uses none of the
   * new files.
   */
  PROMOTING,
  /** The machine uses none of the new files: recovery puts the old texts back and deletes them. */
  ROLLING_BACK
}
