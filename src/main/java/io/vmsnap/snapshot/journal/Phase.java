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
  /** The machine refused the switch and uses none of the new files: recovery deletes them. */
  ROLLING_BACK
}
