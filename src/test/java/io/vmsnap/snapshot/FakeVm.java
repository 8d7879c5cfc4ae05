package io.vmsnap.snapshot;

import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.merge.DeltaMerge;
import io.vmsnap.disk.merge.MergeProgress;
import io.vmsnap.disk.merge.MergeSettings;
import io.vmsnap.disk.merge.MergeTarget;
import io.vmsnap.hypervisor.AttachedDisk;
import io.vmsnap.hypervisor.DiskLayer;
import io.vmsnap.hypervisor.DiskSwitch;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.MachineReplacement;
import io.vmsnap.hypervisor.MemoryMethod;
import io.vmsnap.hypervisor.MemoryProgress;
import io.vmsnap.hypervisor.MemorySave;
import io.vmsnap.hypervisor.NodeName;
import io.vmsnap.hypervisor.RunState;
import io.vmsnap.hypervisor.RunningVm;
import io.vmsnap.hypervisor.SavedMemory;
import io.vmsnap.storage.OpenMode;
import io.vmsnap.storage.StorageFile;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import io.vmsnap.vmdir.VmxDisk;
import io.vmsnap.vmdir.VmxFile;
import io.vmsnap.vmdir.memory.SampleStream;
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

  /** Seed of what the guest of a promoted machine writes at once. */
  static final long GUEST = 4711;

  private final Map<String, List<String>> graph = new HashMap<>();
  private RunState state = RunState.RUNNING;
  private HypervisorException before;
  private HypervisorException after;
  private VmStorage storage;
  private boolean candidate;
  private HypervisorException preparing;
  private boolean wrote;
  private int switches;
  private int open;
  private Guest guest;

  static FakeVm startedOn(VmStorage storage) throws IOException {
    FakeVm vm = new FakeVm();
    vm.storage = storage;
    vm.open(storage);
    return vm;
  }

  private void open(VmStorage storage) throws IOException {
    for (VmDisk disk : VmDirectory.open(storage).disks()) {
      List<String> nodes = new ArrayList<>();
      disk.chain().forEach(d -> nodes.add(NodeName.of(d.fileName())));
      graph.put(disk.address().toString(), nodes);
    }
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

  /** The next attempt to make another machine ready fails. */
  FakeVm failPreparing(HypervisorException e) {
    preparing = e;
    return this;
  }

  boolean isOff() {
    return graph.isEmpty();
  }

  boolean hasCandidate() {
    return candidate;
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
    if (graph.isEmpty()) {
      return Optional.empty();
    }
    open++;
    return Optional.of(this);
  }

  @Override
  public MachineReplacement replacement() {
    return new Replacement();
  }

  /** As a runner does it: a connection that breaks takes the candidate with it. */
  private final class Replacement implements MachineReplacement {
    @Override
    public void prepare(String configuration, Duration timeout) throws HypervisorException {
      if (preparing != null) {
        throw preparing;
      }
      try {
        VmxFile vmx = VmxFile.parse(configuration, WholeFile.read(storage, configuration, 1 << 20));
        for (VmxDisk disk : vmx.disks()) {
          DeltaDisk delta = DeltaDisk.open(storage, disk.fileName());
          if (!delta.header(storage).uncleanShutdown()) {
            throw new HypervisorException(disk.fileName() + ": not marked", false, null);
          }
        }
      } catch (IOException e) {
        throw new HypervisorException(e.getMessage(), false, e);
      }
      candidate = true;
    }

    @Override
    public void promote(Duration timeout) throws HypervisorException {
      if (!candidate) {
        throw new HypervisorException("nothing is ready", false, null);
      }
      fail(true);
      candidate = false;
      try {
        VmxFile vmx = VmDirectory.readVmx(storage, "web");
        // The mark goes before the guest runs, and the guest writes as soon as it runs.
        WholeFile.replace(storage, vmx.file(), vmx.withResume(null, null).toBytes());
        graph.clear();
        open(storage);
        TestMachine.guestWrites(storage, GUEST);
      } catch (IOException e) {
        throw new HypervisorException(e.getMessage(), true, e);
      }
      fail(false);
    }

    @Override
    public void powerOff(Duration timeout) throws HypervisorException {
      fail(true);
      graph.clear();
      fail(false);
    }

    private void fail(boolean early) throws HypervisorException {
      HypervisorException e = early ? before : after;
      if (e != null) {
        before = null;
        after = null;
        throw e;
      }
    }

    @Override
    public void discard() {
      candidate = false;
    }

    @Override
    public void close() {
      candidate = false;
    }
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
  public SavedMemory saveMemory(MemorySave save, List<DiskSwitch> list, MemoryProgress progress)
      throws HypervisorException {
    switchDisks(list);
    progress.at(1, 2, 3);
    try {
      List<String> deltas = new ArrayList<>();
      for (DiskSwitch one : list) {
        deltas.add(fileOf(one.delta().nodeName()));
      }
      // The guest goes on at once, and its memory is complete later.
      wrote = true;
      TestMachine.guestWrites(storage, deltas, GUEST);
      String name = save.file().getFileName().toString();
      try (StorageFile file = storage.open(name, OpenMode.READ_WRITE)) {
        SampleStream.write(file, save.offset());
      }
    } catch (IOException e) {
      throw new HypervisorException(e.getMessage(), false, e);
    }
    return new SavedMemory(MemoryMethod.PRE_COPY, STUN, 1, "10.0.2");
  }

  /** Whether the guest has written to the deltas of a snapshot with memory. */
  boolean hasWritten() {
    return wrote;
  }

  @Override
  public SavedMemory suspend(MemorySave save, MemoryProgress progress) {
    throw new UnsupportedOperationException("not part of these tests");
  }

  @Override
  public void abandonMemory() {}

  @Override
  public Duration replaceBacking(
      DiskLayer overlay, boolean overlayIsActive, DiskLayer layer, String under)
      throws HypervisorException {
    fault(true);
    List<String> nodes = nodesWith(overlay.nodeName());
    int top = nodes.indexOf(overlay.nodeName());
    int bottom = under == null ? -1 : nodes.indexOf(under);
    if (overlayIsActive != (top == nodes.size() - 1) || under != null && bottom < 0) {
      throw new HypervisorException("the graph is " + nodes, false, null);
    }
    nodes.subList(bottom + 1, top).clear();
    nodes.add(bottom + 1, layer.nodeName());
    fault(false);
    return STUN;
  }

  @Override
  public Duration commitActive(String activeNode, String belowNode, Duration timeout, Pivot pivot)
      throws HypervisorException {
    fault(true);
    List<String> nodes = nodesWith(activeNode);
    if (nodes.indexOf(activeNode) != nodes.size() - 1
        || nodes.indexOf(belowNode) != nodes.size() - 2) {
      throw new HypervisorException("the graph is " + nodes, false, null);
    }
    try {
      // QEMU has the files open: it moves the bytes whatever becomes of the job's own storage.
      DeltaMerge.run(
          storage,
          DeltaDisk.open(storage, fileOf(activeNode)),
          MergeTarget.open(storage, fileOf(belowNode)),
          MergeSettings.DEFAULT,
          MergeProgress.SILENT);
    } catch (IOException e) {
      throw new HypervisorException(e.getMessage(), false, e);
    }
    nodes.removeLast();
    state = RunState.PAUSED;
    try {
      pivot.record();
    } catch (IOException e) {
      throw new HypervisorException("stands still: " + e.getMessage(), true, e);
    }
    resume();
    fault(false);
    return STUN;
  }

  private List<String> nodesWith(String node) throws HypervisorException {
    return graph.values().stream()
        .filter(n -> n.contains(node))
        .findFirst()
        .orElseThrow(() -> new HypervisorException("no node " + node, false, null));
  }

  private String fileOf(String node) throws IOException {
    return storage.list("").stream()
        .filter(f -> f.endsWith(".vmdk") && NodeName.of(f).equals(node))
        .findFirst()
        .orElseThrow();
  }

  private void fault(boolean early) throws HypervisorException {
    HypervisorException e = early ? before : after;
    if (e != null) {
      before = null;
      after = null;
      throw e;
    }
  }

  @Override
  public void cancelCommit(String activeNode) {}

  /** The guest writes as soon as it runs. */
  @Override
  public void resume() throws HypervisorException {
    if (state != RunState.PAUSED) {
      return;
    }
    state = RunState.RUNNING;
    if (guest != null) {
      try {
        guest.run();
      } catch (IOException e) {
        throw new HypervisorException(e.getMessage(), true, e);
      }
    }
  }

  /** What the guest does when it goes on after a pause. */
  FakeVm guest(Guest guest) {
    this.guest = guest;
    return this;
  }

  interface Guest {
    void run() throws IOException;
  }

  @Override
  public void close() {
    open--;
  }
}
