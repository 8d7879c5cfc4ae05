package io.vmsnap.hypervisor;

/** Is told how far the saving of RAM is, a few times a second. */
@FunctionalInterface
public interface MemoryProgress {
  /**
   * @param done bytes of guest RAM dealt with; pages that changed again count once
   * @param total bytes of guest RAM
   * @param bytesPerSecond rate at which the file grows
   */
  void at(long done, long total, long bytesPerSecond);
}
