package io.vmsnap.snapshot.adopt;

/** Hears what an adoption does. */
public interface AdoptListener {
  /**
   * A step begins.
   *
   * @param done steps that are behind
   * @param steps how many there are
   */
  void begin(String step, int done, int steps);

  /** How far the step is, in bytes of the guest's disk. */
  void at(long done, long total);
}
