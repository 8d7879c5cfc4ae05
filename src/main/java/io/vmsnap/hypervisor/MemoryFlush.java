package io.vmsnap.hypervisor;

import java.io.IOException;

/** Waits until the volume has what QEMU wrote so far. */
@FunctionalInterface
public interface MemoryFlush {
  void flush() throws IOException;
}
