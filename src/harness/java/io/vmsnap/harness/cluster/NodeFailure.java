package io.vmsnap.harness.cluster;

/** Switches that make the node fail as machines and networks do. */
public interface NodeFailure {
  /**
   * The network is gone: no heartbeats, no status, no reaction to the API server. Processes go on.
   */
  void partition();

  /** The power is gone: as {@link #partition()}, and all processes of pods are killed. */
  void powerLoss();

  /** The node is back, and looks after its pods as a rebooted or reconnected kubelet does. */
  void recover();
}
