package io.vmsnap.hypervisor;

/** What the virtual CPUs do. */
public enum RunState {
  RUNNING,
  /** Stopped on request. */
  PAUSED,
  /** Stopped by the hypervisor because a write failed, as on a full volume. */
  IO_ERROR,
  /** Any state in which an operation must not begin: starting, migrating, shutting down, broken. */
  OTHER
}
