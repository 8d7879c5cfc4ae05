package io.vmsnap.hypervisor.commandline;

import java.nio.file.Path;

/**
 * A machine that waits, paused, for saved memory to be loaded.
 *
 * @param mappedFile file that is to be the guest's RAM until it writes there: it is only read, and
 *     must not change while the machine runs. Null for RAM that the load fills
 * @param pagesOffset byte of that file at which the guest's first page lies, a multiple of the
 *     host's page size; 0 without a file
 */
public record IncomingMemory(Path mappedFile, long pagesOffset) {
  /** The RAM is read in full before the machine runs. */
  public static final IncomingMemory EAGER = new IncomingMemory(null, 0);

  public IncomingMemory {
    if (pagesOffset < 0 || pagesOffset % 4096 != 0) {
      throw new IllegalArgumentException("pages at " + pagesOffset + " cannot be mapped");
    }
  }
}
