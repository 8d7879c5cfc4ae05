package io.vmsnap.harness.node;

/** The cable between node and API server, for tests to pull. */
final class NodeConnection {
  private volatile boolean up = true;

  boolean isUp() {
    return up;
  }

  void up(boolean connected) {
    up = connected;
  }
}
