package io.vmsnap.hypervisor.qmp;

import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.MemoryMethod;
import io.vmsnap.hypervisor.MemorySaveException;

/**
 * The way in which RAM is saved, found out by trying: QEMU refuses a background snapshot where the
 * kernel or the kind of RAM does not allow it.
 *
 * @param first what to begin with; the capabilities are set for it
 * @param backgroundToo whether a background snapshot may take over from pre-copy
 */
record MemoryMethodChoice(MemoryMethod first, boolean backgroundToo) {
  /**
   * @param wanted null for the best that works
   * @throws MemorySaveException if the wanted method is not possible
   */
  static MemoryMethodChoice of(MigrationCapabilities capabilities, MemoryMethod wanted)
      throws HypervisorException {
    boolean possible = false;
    if (wanted != MemoryMethod.PRE_COPY) {
      try {
        capabilities.set(MemoryMethod.BACKGROUND_SNAPSHOT);
        possible = true;
      } catch (QmpCommandException e) {
        if (wanted != null) {
          throw new MemorySaveException(
              "a background snapshot of the RAM is not possible here: " + e.getMessage(), false, e);
        }
      }
    }
    if (wanted == MemoryMethod.BACKGROUND_SNAPSHOT) {
      return new MemoryMethodChoice(wanted, false);
    }
    capabilities.set(MemoryMethod.PRE_COPY);
    return new MemoryMethodChoice(MemoryMethod.PRE_COPY, possible);
  }
}
