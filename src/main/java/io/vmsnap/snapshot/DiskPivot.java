package io.vmsnap.snapshot;

import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.merge.MergeTarget;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.NodeName;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.snapshot.CreatePlan.NewFile;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.journal.Phase;
import io.vmsnap.snapshot.step.ThawDisk;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.DiskFiles;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmxDisk;
import io.vmsnap.vmdir.VmxFile;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Moves the small active delta of a running machine into the hidden disk below it. */
record DiskPivot(OperationContext context, String requestId) {
  /** QEMU copies at most a few dozen megabytes, but the volume may be slow. */
  private static final Duration TIMEOUT = Duration.ofMinutes(5);

  MergeOutcome run(VmDirectory directory, DiskTree.Link link, RunningVm vm) throws IOException {
    VmStorage storage = context.storage();
    PivotPlan plan = plan(directory, link, vm.state() == RunState.RUNNING);
    long before = allocated(plan.active());
    Journal journal = new Journal(storage);
    PivotRecovery recovery = new PivotRecovery(storage, context.lock());
    context.lock().check();
    journal.write(
        new JournalEntry(
            PivotPlan.OPERATION, Phase.PROMOTING, context.lock().token(), Journal.toJson(plan)));
    Duration stall;
    try {
      new Steps(context.lock()).apply(new ThawDisk(storage, plan.below()), context.progress(), 50);
      DeltaDisk below = MergeTarget.open(storage, plan.below()).delta();
      if (below != null) {
        below.markIndexAhead(storage); // QEMU writes to it from now on
      }
      context.progress().report("merge " + plan.active() + " into " + plan.below(), 60);
      stall =
          vm.commitActive(
              NodeName.of(plan.active()),
              NodeName.of(plan.below()),
              TIMEOUT,
              () -> recovery.record(plan));
    } catch (IOException | RuntimeException e) {
      takeBack(e);
      throw e;
    }
    recovery.finish(plan);
    return new MergeOutcome(before, before, stall);
  }

  /** Finds out which disk the machine writes to, and gives it the directory that belongs to it. */
  private void takeBack(Exception cause) {
    if (cause instanceof HypervisorException e && e.isOutcomeUnknown()) {
      context.progress().report("find out which disk is active", 70);
    }
    try {
      new Recovery(context.storage(), context.lock()).recover(context.connector());
    } catch (IOException failure) {
      cause.addSuppressed(failure);
    }
  }

  private PivotPlan plan(VmDirectory directory, DiskTree.Link link, boolean guestRuns)
      throws IOException {
    VmStorage storage = context.storage();
    String node =
        directory.vmx().disks().stream()
            .filter(d -> d.fileName().equals(link.child()))
            .map(VmxDisk::address)
            .findFirst()
            .orElseThrow(() -> new IllegalStateException(link.child() + " is not active"))
            .toString();
    DiskDescriptor active = DiskDescriptor.read(storage, link.child());
    DiskDescriptor below =
        MergePlanner.withCid(DiskDescriptor.read(storage, link.parent()), active.cid());
    VmxFile vmx = MergePlanner.named(directory.vmx(), link.child(), link.parent());
    List<NewFile> files = new ArrayList<>();
    files.add(new NewFile(below.fileName(), below.toBytes()));
    return new PivotPlan(
        requestId,
        node,
        link.child(),
        link.parent(),
        guestRuns,
        new NewFile(vmx.file(), vmx.toBytes()),
        files,
        MergePlanner.filesOf(storage, active));
  }

  private long allocated(String disk) throws IOException {
    VmStorage storage = context.storage();
    return DiskFiles.allocatedBytes(storage, DiskDescriptor.read(storage, disk));
  }
}
