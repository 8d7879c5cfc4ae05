package io.vmsnap.snapshot.adopt;

/** Hears what an adoption does. */
public interface AdoptListener {
  /** A step begins. */
  void begin(String step);

  /** How far the step is, in bytes of the guest's disk. */
  void at(long done, long total);
}
