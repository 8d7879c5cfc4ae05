package io.vmsnap.hypervisor;

/** How the RAM of a running machine is written while its guest goes on. */
public enum MemoryMethod {
  /**
   * The guest stops while its page tables are walked, whatever it does to its RAM, then each page
   * is written before the guest may change it. Needs a host kernel that reports write faults
   * (userfaultfd) and RAM that is not mapped from a file.
   */
  BACKGROUND_SNAPSHOT,
  /**
   * RAM is written while the guest runs, changed pages again, and the last of them during a stop of
   * some milliseconds, whatever the size of the RAM. Works everywhere; a guest that changes RAM
   * faster than the volume writes is stopped for the rest after a few passes.
   */
  PRE_COPY
}
