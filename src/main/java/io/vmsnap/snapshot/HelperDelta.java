package io.vmsnap.snapshot;

import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.snapshot.CreatePlan.NewDelta;
import io.vmsnap.snapshot.CreatePlan.NewFile;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.snapshot.journal.JournalEntry;
import io.vmsnap.snapshot.journal.Phase;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmxFile;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Lets new, empty deltas take a running machine's writes, so that what it wrote until now can be
 * merged below them: a snapshot that leaves no trace in the history, by the same plan, journal and
 * recovery.
 */
record HelperDelta(OperationContext context, String requestId) {

  /** Returns the stun. */
  Duration run(VmDirectory directory, Set<String> activeDisks, RunningVm vm)
      throws IOException, RefusedException {
    VmStorage storage = context.storage();
    CreatePlan plan = plan(directory, activeDisks);
    new SwitchDisks(storage, plan.deltas()).checkBefore(vm);
    Journal journal = new Journal(storage);
    CreateRecovery recovery = new CreateRecovery(storage, context.lock());
    JournalEntry entry =
        new JournalEntry(
            CreatePlan.OPERATION, Phase.PREPARING, context.lock().token(), Journal.toJson(plan));
    context.lock().check();
    journal.write(entry);
    try {
      context.applyUntilStopped(CreateSteps.prepare(storage, plan), 1, 3);
      context.lock().check();
      journal.write(entry.withPhase(Phase.SWITCHING));
    } catch (IOException | RefusedException | RuntimeException e) {
      try {
        recovery.rollBack(plan);
      } catch (IOException failure) {
        e.addSuppressed(failure);
      }
      throw e;
    }
    Duration stun = recovery.switchDisks(entry, plan, vm);
    recovery.finish(plan, Progress.NONE);
    return stun;
  }

  private CreatePlan plan(VmDirectory directory, Set<String> activeDisks)
      throws IOException, RefusedException {
    DirectoryState state = DirectoryStateReader.read(directory);
    Set<String> files = new HashSet<>(state.files());
    List<NewDelta> deltas = new ArrayList<>();
    VmxFile vmx = state.vmx();
    for (DiskState disk : state.disks()) {
      if (activeDisks.contains(disk.active())) {
        String name = DeltaNames.next(disk.base(), files, state.indexes());
        files.add(name); // two disks of one stem must not get one name
        deltas.add(new NewDelta(disk.address().toString(), disk.active(), name));
        vmx = vmx.withDisk(disk.address(), disk.name(), name);
      }
    }
    return new CreatePlan(
        requestId, 0, deltas, null, List.of(new NewFile(vmx.file(), vmx.toBytes())));
  }
}
