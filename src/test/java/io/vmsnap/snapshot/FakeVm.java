package io.vmsnap.snapshot;

import io.vmsnap.hypervisor.AttachedDisk;
import io.vmsnap.hypervisor.DiskLayer;
import io.vmsnap.hypervisor.DiskSwitch;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.MemoryProgress;
import io.vmsnap.hypervisor.MemorySave;
import io.vmsnap.hypervisor.NodeName;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.hypervisor.SavedMemory;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A hypervisor's block graph in memory; fails where a test asks for it. */
final class FakeVm implements RunningVm, VmConnector {
  static final Duration STUN = Duration.ofMillis(7);

  private final Map<String, List<String>> graph = new HashMap<>();
  private RunState state = RunState.RUNNING;
  private HypervisorException before;
  private HypervisorException after;
  private int switches;
  private int open;

  static FakeVm startedOn(VmStorage storage) throws IOException {
    FakeVm vm = new FakeVm();
    for (VmDisk disk : VmDirectory.open(storage).disks()) {
      List<String> nodes = new ArrayList<>();
      disk.chain().forEach(d -> nodes.add(NodeName.of(d.fileName())));
      vm.graph.put(disk.address().toString(), nodes);
    }
    return vm;
  }

  FakeVm inState(RunState state) {
    this.state = state;
    return this;
  }

  /** The next switch fails and switches nothing. */
  FakeVm failBefore(HypervisorException e) {
    before = e;
    return this;
  }

  /** The next switch takes place, and then the connection is lost. */
  FakeVm failAfter(HypervisorException e) {
    after = e;
    return this;
  }

  int switches() {
    return switches;
  }

  int openConnections() {
    return open;
  }

  String active(String disk) {
    return graph.get(disk).getLast();
  }

  @Override
  public Optional<RunningVm> connect() {
    open++;
    return Optional.of(this);
  }

  @Override
  public RunState state() {
    return state;
  }

  @Override
  public List<AttachedDisk> disks() {
    return graph.entrySet().stream()
        .map(e -> new AttachedDisk(e.getKey(), List.copyOf(e.getValue())))
        .toList();
  }

  @Override
  public Duration switchDisks(List<DiskSwitch> list) throws HypervisorException {
    if (before != null) {
      HypervisorException e = before;
      before = null;
      throw e;
    }
    for (DiskSwitch one : list) {
      List<String> nodes =
          graph.values().stream()
              .filter(n -> n.getLast().equals(one.activeNode()))
              .findFirst()
              .orElseThrow();
      nodes.add(one.delta().nodeName());
    }
    switches++;
    if (after != null) {
      HypervisorException e = after;
      after = null;
      throw e;
    }
    return STUN;
  }

  @Override
  public SavedMemory saveMemory(MemorySave save, List<DiskSwitch> list, MemoryProgress progress) {
    throw new UnsupportedOperationException("not part of these tests");
  }

  @Override
  public void replaceBacking(
      DiskLayer overlay, boolean overlayIsActive, DiskLayer layer, String under) {
    throw new UnsupportedOperationException("not part of these tests");
  }

  @Override
  public void commitActive(String activeNode, String belowNode, Duration timeout) {
    throw new UnsupportedOperationException("not part of these tests");
  }

  @Override
  public void close() {
    open--;
  }
}
