package io.vmsnap.hypervisor.qmp;

import io.vmsnap.hypervisor.AttachedDisk;
import io.vmsnap.hypervisor.BlockNode;
import io.vmsnap.hypervisor.DiskSwitch;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.RunningVm;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A QEMU process seen through one of its monitors. */
public final class QmpRunningVm implements RunningVm {
  /** For looking and for opening files: QEMU answers these at once unless it hangs. */
  private static final Duration QUICK = Duration.ofSeconds(10);

  /** For what waits until the disks have written all that was sent to them. */
  private static final Duration FLUSHING = Duration.ofSeconds(60);

  private final QmpSession session;

  public QmpRunningVm(QmpSession session) {
    this.session = session;
  }

  /**
   * @param socket a QMP monitor's Unix socket
   */
  public static QmpRunningVm connect(Path socket) throws HypervisorException {
    return new QmpRunningVm(QmpSession.connect(socket, QUICK));
  }

  @Override
  public RunState state() throws HypervisorException {
    return session.execute(new MachineCommand.QueryStatus(), QUICK);
  }

  @Override
  public List<AttachedDisk> disks() throws HypervisorException {
    return graph().disks();
  }

  @Override
  public Duration switchDisks(List<DiskSwitch> switches) throws HypervisorException {
    List<DiskSwitch> added = new ArrayList<>();
    try (QmpSubscription<QmpEvent.Stop> stops = session.subscribe(QmpEvent.Stop.class);
        QmpSubscription<QmpEvent.Resume> resumes = session.subscribe(QmpEvent.Resume.class)) {
      openOverlays(switches, added);
      long start = System.nanoTime();
      session.execute(
          new BlockCommand.SnapshotTransaction(
              switches.stream()
                  .map(one -> new BlockCommand.Snapshot(one.activeNode(), one.delta().nodeName()))
                  .toList()),
          FLUSHING);
      return stun(Duration.ofNanos(System.nanoTime() - start), stops.drain(), resumes.drain());
    } catch (HypervisorException e) {
      if (!e.isOutcomeUnknown()) {
        removeAgain(added, e);
      }
      throw e;
    }
  }

  @Override
  public void close() {
    session.close();
  }

  private BlockGraph graph() throws HypervisorException {
    return session.execute(new BlockCommand.QueryBlockGraph(), QUICK);
  }

  /** Whatever becomes of these commands, no device uses the nodes yet: nothing is switched. */
  private void openOverlays(List<DiskSwitch> switches, List<DiskSwitch> added)
      throws HypervisorException {
    try {
      removeLeftovers(switches);
      for (DiskSwitch one : switches) {
        session.execute(
            new BlockCommand.BlockdevAdd(BlockNode.options(one.delta(), null, false)), QUICK);
        added.add(one);
      }
    } catch (HypervisorException e) {
      throw new HypervisorException("no disk was switched: " + e.getMessage(), false, e);
    }
  }

  /**
   * Nodes that a job added before it died. They may hold files that recovery has deleted since, so
   * they are never used again, even if the names fit.
   */
  private void removeLeftovers(List<DiskSwitch> switches) throws HypervisorException {
    BlockGraph graph = graph();
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

  private void removeAgain(List<DiskSwitch> added, HypervisorException cause) {
    for (DiskSwitch one : added) {
      try {
        session.execute(new BlockCommand.BlockdevDel(one.delta().nodeName()), QUICK);
      } catch (HypervisorException e) {
        cause.addSuppressed(e);
      }
    }
  }

  /**
   * A transaction keeps the guest's requests waiting, not its CPUs. If QEMU stopped the CPUs too,
   * its own time stamps tell for how long, without the time that the answer took to reach us.
   */
  private static Duration stun(
      Duration measured, List<QmpEvent.Stop> stops, List<QmpEvent.Resume> resumes) {
    if (stops.isEmpty() || resumes.isEmpty()) {
      return measured;
    }
    Instant stopped = stops.getFirst().time();
    Instant resumed = resumes.getLast().time();
    return resumed.isBefore(stopped) ? measured : Duration.between(stopped, resumed);
  }
}
