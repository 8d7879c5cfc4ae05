package io.vmsnap.harness.node;

import java.util.BitSet;
import java.util.Optional;

/**
 * Pod addresses: {@code 127.A.B.2} to {@code 127.A.B.254} of the node's own /24. All of 127/8 is
 * local on Linux, so every pod can bind the same port number without any network set-up. An address
 * is handed out again as late as possible, so that a late packet does not meet a new pod.
 */
final class PodIpAllocator {
  static final int FIRST = 2;
  static final int LAST = 254;

  private final String prefix;
  private final BitSet taken = new BitSet();
  private int next = FIRST;

  /**
   * @param prefix three octets with a dot at the end, e.g. {@code "127.77.3."}
   */
  PodIpAllocator(String prefix) {
    this.prefix = prefix;
  }

  /** Empty when all 253 addresses are in use. */
  synchronized Optional<String> allocate() {
    for (int tried = FIRST; tried <= LAST; tried++) {
      int candidate = next;
      next = next == LAST ? FIRST : next + 1;
      if (!taken.get(candidate)) {
        taken.set(candidate);
        return Optional.of(prefix + candidate);
      }
    }
    return Optional.empty();
  }

  synchronized void release(String address) {
    if (address.startsWith(prefix)) {
      taken.clear(Integer.parseInt(address.substring(prefix.length())));
    }
  }
}
