package io.vmsnap.hypervisor;

/** How the RAM of a running machine is written while its guest goes on. */
public enum MemoryMethod {
  /**
   * The guest stops for an instant that does not grow with its RAM, then each page is written
   * before the guest may change it. Needs a host kernel that reports write faults (userfaultfd) and
   * RAM that is not mapped from a file.
   */
  BACKGROUND_SNAPSHOT,
  /**
   * RAM is written while the guest runs, changed pages again, and the rest during a stop. Works
   * everywhere; a guest that changes RAM faster than the volume writes is stopped after a few
   * passes.
   */
  PRE_COPY
}
