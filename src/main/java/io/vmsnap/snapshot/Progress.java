package io.vmsnap.snapshot;

/** Told how far an operation is. */
@FunctionalInterface
public interface Progress {
  Progress NONE = (step, percent) -> {};

  /**
   * @param step what begins now
   * @param percent 0 to 100, of the whole operation
   */
  void report(String step, int percent);
}
