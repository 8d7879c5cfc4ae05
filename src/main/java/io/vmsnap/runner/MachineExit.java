package io.vmsnap.runner;

/**
 * How a machine ended.
 *
 * @param cause who or what ended it
 * @param message for people
 */
record MachineExit(Cause cause, String message) {
  enum Cause {
    /** The guest switched itself off. */
    GUEST,
    /** The runner asked for it. */
    REQUESTED,
    /** QEMU ended by itself, or was killed. */
    CRASH
  }
}
