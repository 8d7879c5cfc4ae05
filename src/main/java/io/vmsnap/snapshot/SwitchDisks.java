package io.vmsnap.snapshot;

import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.hypervisor.AttachedDisk;
import io.vmsnap.hypervisor.DiskSwitch;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.NodeName;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.snapshot.CreatePlan.NewDelta;
import io.vmsnap.storage.VmStorage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes a running machine write to the new deltas. */
final class SwitchDisks {
  private final VmStorage storage;
  private final List<NewDelta> deltas;

  SwitchDisks(VmStorage storage, List<NewDelta> deltas) {
    this.storage = storage;
    this.deltas = deltas;
  }

  /**
   * Switches all disks that still write to the frozen ones; none is left if an earlier attempt was
   * cut off after its transaction.
   *
   * @return the stun; zero if nothing was left to do
   * @throws HypervisorException if the machine writes to other disks than the directory says
   */
  Duration apply(RunningVm vm) throws IOException {
    List<DiskSwitch> switches = prepare(vm);
    return switches.isEmpty() ? Duration.ZERO : vm.switchDisks(switches);
  }

  /** What is left to switch, with the deltas ready to be written. */
  List<DiskSwitch> prepare(RunningVm vm) throws IOException {
    List<DiskSwitch> switches = new ArrayList<>();
    for (NewDelta delta : pending(vm.disks())) {
      // Before the first write: nobody may take the tables of a delta that QEMU writes for
      // complete.
      DeltaDisk.open(storage, delta.delta()).markIndexAhead(storage);
      switches.add(
          new DiskSwitch(NodeName.of(delta.frozen()), DiskLayers.ofDelta(storage, delta.delta())));
    }
    return switches;
  }

  /** Whether the machine has all the disks of the plan and writes to the ones to be frozen. */
  void checkBefore(RunningVm vm) throws HypervisorException {
    if (pending(vm.disks()).size() != deltas.size()) {
      throw new HypervisorException(
          "the running machine already writes to a disk of the new snapshot", false, null);
    }
  }

  /** The deltas whose disks still write to the frozen layer. */
  private List<NewDelta> pending(List<AttachedDisk> attached) throws HypervisorException {
    Map<String, String> active = new HashMap<>();
    attached.forEach(d -> active.put(d.id(), d.activeNode()));
    List<NewDelta> pending = new ArrayList<>();
    for (NewDelta delta : deltas) {
      String node = active.get(delta.node());
      if (NodeName.of(delta.frozen()).equals(node)) {
        pending.add(delta);
      } else if (!NodeName.of(delta.delta()).equals(node)) {
        throw new HypervisorException(
            delta.node()
                + ": the running machine writes to "
                + (node == null ? "no disk there" : node)
                + ", the directory says "
                + delta.frozen()
                + "; restart the machine to bring the two together",
            false,
            null);
      }
    }
    return pending;
  }
}
