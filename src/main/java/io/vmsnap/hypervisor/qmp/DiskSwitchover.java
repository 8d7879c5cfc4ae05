package io.vmsnap.hypervisor.qmp;

import io.vmsnap.hypervisor.BlockNode;
import io.vmsnap.hypervisor.DiskSwitch;
import io.vmsnap.hypervisor.HypervisorException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** New deltas opened beside the disks, ready to become active all at once. */
final class DiskSwitchover {
  /** For opening and closing files: QEMU answers these at once unless it hangs. */
  private static final Duration QUICK = Duration.ofSeconds(10);

  /** For what waits until the disks have written all that was sent to them. */
  private static final Duration FLUSHING = Duration.ofSeconds(60);

  private final QmpSession session;
  private final List<DiskSwitch> switches;
  private final List<DiskSwitch> added = new ArrayList<>();

  private DiskSwitchover(QmpSession session, List<DiskSwitch> switches) {
    this.session = session;
    this.switches = List.copyOf(switches);
  }

  /**
   * Opens the deltas. Whatever becomes of these commands, no device uses the nodes yet: a failure
   * means that nothing was switched.
   */
  static DiskSwitchover open(QmpSession session, List<DiskSwitch> switches)
      throws HypervisorException {
    DiskSwitchover switchover = new DiskSwitchover(session, switches);
    try {
      switchover.removeLeftovers();
      for (DiskSwitch one : switches) {
        session.execute(
            new BlockCommand.BlockdevAdd(BlockNode.options(one.delta(), null, false)), QUICK);
        switchover.added.add(one);
      }
      return switchover;
    } catch (HypervisorException e) {
      HypervisorException failure =
          new HypervisorException("no disk was switched: " + e.getMessage(), false, e);
      switchover.discard(failure);
      throw failure;
    }
  }

  /** Makes them active in one transaction. */
  void commit() throws HypervisorException {
    session.execute(
        new BlockCommand.SnapshotTransaction(
            switches.stream()
                .map(one -> new BlockCommand.Snapshot(one.activeNode(), one.delta().nodeName()))
                .toList()),
        FLUSHING);
  }

  /** Closes the deltas, which no device uses; what fails is noted on the cause. */
  void discard(HypervisorException cause) {
    for (DiskSwitch one : added) {
      try {
        session.execute(new BlockCommand.BlockdevDel(one.delta().nodeName()), QUICK);
      } catch (HypervisorException e) {
        cause.addSuppressed(e);
      }
    }
  }

  /**
   * Nodes that a job added before it died. They may hold files that recovery has deleted since, so
   * they are never used again, even if the names fit.
   */
  private void removeLeftovers() throws HypervisorException {
    BlockGraph graph = session.execute(new BlockCommand.QueryBlockGraph(), QUICK);
    Set<String> inUse =
        Set.copyOf(graph.disks().stream().flatMap(disk -> disk.nodes().stream()).toList());
    for (DiskSwitch one : switches) {
      String node = one.delta().nodeName();
      if (inUse.contains(node)) {
        throw new HypervisorException("node " + node + " is already part of a disk", false, null);
      }
      if (graph.nodes().contains(node)) {
        session.execute(new BlockCommand.BlockdevDel(node), QUICK);
      }
    }
  }
}
