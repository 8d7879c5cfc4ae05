package io.vmsnap.snapshot;

import io.vmsnap.snapshot.CreatePlan.NewDelta;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.task.RevertResult;
import io.vmsnap.task.RevertSnapshotTask;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.DefinitionDigest;
import io.vmsnap.vmdir.RevertLedger;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Returns a machine to a snapshot: new deltas on the disks that the snapshot froze, the hardware of
 * that time, and, of a snapshot with memory, the guest where it was. The running state is given up,
 * but only after what takes its place is durable. A request that was served before is answered from
 * the ledger, and never again served.
 */
public final class SnapshotRevert {
  private final OperationFrame frame;
  private final Supplier<UUID> generationIds;

  /**
   * @param patience how long to wait for another operation to end
   */
  public SnapshotRevert(
      VmStorage storage, VmConnector connector, Clock clock, StopSignal stop, Duration patience) {
    this(storage, connector, clock, stop, patience, UUID::randomUUID);
  }

  SnapshotRevert(
      VmStorage storage,
      VmConnector connector,
      Clock clock,
      StopSignal stop,
      Duration patience,
      Supplier<UUID> generationIds) {
    this.frame = new OperationFrame(storage, connector, clock, stop, patience);
    this.generationIds = generationIds;
  }

  /**
   * @param definition the machine as its owner wants it now; null if nobody does
   * @throws RefusedException if the request cannot be served; machine and directory are as they
   *     were
   * @throws io.vmsnap.hypervisor.HypervisorException if the machine did not do its part; all is as
   *     it was, or, if the outcome is unknown, is brought to one end by the next operation
   * @throws IOException if the storage failed; all is as it was, or is brought to one end by the
   *     next operation
   */
  public RevertResult run(VmDefinition definition, RevertSnapshotTask task)
      throws IOException, RefusedException {
    RevertDirectoryCheck.check(task);
    return frame.run(
        RevertPlan.OPERATION,
        task.requestId(),
        definition,
        context -> run(context, task, definition));
  }

  private RevertResult run(
      OperationContext context, RevertSnapshotTask task, VmDefinition definition)
      throws IOException, RefusedException {
    RevertLedger ledger = RevertLedger.read(context.storage());
    Optional<RevertLedger.Entry> served = ledger.find(task.requestId());
    if (served.isPresent()) {
      return servedBefore(served.get(), context);
    }
    RevertState state = RevertStateReader.read(context.directory(), task.snapshotUid(), ledger);
    RevertPlan plan =
        RevertPlanner.plan(
            state,
            task,
            new RevertPlanner.Moment(
                context.clock().instant(), generationIds.get(), context.connector().isOn()),
            definition == null ? null : DefinitionDigest.of(definition));
    Duration running = RevertExecution.of(context, plan).run();
    return result(context, plan, running);
  }

  private static RevertResult servedBefore(RevertLedger.Entry entry, OperationContext context) {
    return new RevertResult(
        entry.snapshotUid(),
        entry.powerState(),
        entry.memoryLoad(),
        entry.discardedBytes(),
        List.of(),
        new RevertResult.Timing(null, millis(context.elapsed())));
  }

  private static RevertResult result(OperationContext context, RevertPlan plan, Duration running) {
    List<RevertResult.DiskResult> disks = new ArrayList<>();
    for (NewDelta delta : plan.deltas()) {
      Optional<VmDisk> before = disk(context.directory(), delta.node());
      disks.add(
          new RevertResult.DiskResult(
              delta.node(),
              before.map(VmDisk::name).orElse(null),
              delta.frozen(),
              delta.delta(),
              before.map(d -> d.active().fileName()).orElse(null)));
    }
    return new RevertResult(
        plan.snapshotUid(),
        plan.powerState(),
        plan.memoryLoad(),
        plan.discardedBytes(),
        disks,
        new RevertResult.Timing(
            running == null ? null : millis(running), millis(context.elapsed())));
  }

  private static Optional<VmDisk> disk(VmDirectory directory, String node) {
    return directory.disks().stream().filter(d -> d.address().toString().equals(node)).findFirst();
  }

  private static double millis(Duration duration) {
    return duration.toNanos() / 1e6;
  }
}
