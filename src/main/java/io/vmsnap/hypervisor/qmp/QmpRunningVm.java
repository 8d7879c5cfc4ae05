package io.vmsnap.hypervisor.qmp;

import io.vmsnap.hypervisor.AttachedDisk;
import io.vmsnap.hypervisor.DiskLayer;
import io.vmsnap.hypervisor.DiskSwitch;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.MemoryProgress;
import io.vmsnap.hypervisor.MemorySave;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.hypervisor.SavedMemory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A QEMU process seen through one of its monitors. */
public final class QmpRunningVm implements RunningVm {
  /** For looking and for opening files: QEMU answers these at once unless it hangs. */
  private static final Duration QUICK = Duration.ofSeconds(10);

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
    DiskSwitchover switchover = DiskSwitchover.open(session, switches);
    try (StunClock clock = new StunClock(session)) {
      switchover.commit();
      return clock.stun();
    } catch (HypervisorException e) {
      if (!e.isOutcomeUnknown()) {
        switchover.discard(e);
      }
      throw e;
    }
  }

  @Override
  public SavedMemory saveMemory(MemorySave save, List<DiskSwitch> switches, MemoryProgress progress)
      throws HypervisorException {
    return new QmpMemorySaver(session, progress).save(save, switches);
  }

  @Override
  public SavedMemory suspend(MemorySave save, MemoryProgress progress) throws HypervisorException {
    return new QmpMemorySaver(session, progress).suspend(save);
  }

  @Override
  public void abandonMemory() throws HypervisorException {
    new AbandonedMigration(session).end();
  }

  @Override
  public Duration replaceBacking(
      DiskLayer overlay, boolean overlayIsActive, DiskLayer layer, String under)
      throws HypervisorException {
    return new BackingReplacement(session).replace(overlay, overlayIsActive, layer, under);
  }

  @Override
  public Duration commitActive(String activeNode, String belowNode, Duration timeout, Pivot pivot)
      throws HypervisorException {
    return new ActiveCommit(session).commit(activeNode, belowNode, timeout, pivot);
  }

  @Override
  public void cancelCommit(String activeNode) throws HypervisorException {
    new ActiveCommit(session).cancel(activeNode);
  }

  @Override
  public void resume() throws HypervisorException {
    if (state() == RunState.PAUSED) {
      session.execute(MachineCommand.CONT, QUICK);
    }
  }

  @Override
  public void close() {
    session.close();
  }

  private BlockGraph graph() throws HypervisorException {
    return session.execute(new BlockCommand.QueryBlockGraph(), QUICK);
  }
}
