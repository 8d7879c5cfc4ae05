package io.vmsnap.hypervisor.socket;

import java.io.Closeable;
import java.io.IOException;

/**
 * A connection that carries lines of bytes in both directions. One thread may read while another
 * writes; closing it from a third ends both with an {@link IOException}.
 */
public interface LineChannel extends Closeable {
  /**
   * The next line without its end; null after the last one.
   *
   * @throws IOException if the connection breaks, or the line is longer than the channel's limit
   */
  byte[] readLine() throws IOException;

  /** Sends the bytes, which must contain their own line end; returns when the kernel has them. */
  void write(byte[] bytes) throws IOException;
}
