package io.vmsnap.snapshot;

import io.vmsnap.snapshot.CreatePlan.NewDelta;
import io.vmsnap.snapshot.CreatePlan.NewFile;
import io.vmsnap.task.RevertSnapshotTask;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.DamagedFileException;
import io.vmsnap.vmdir.DiskAddress;
import io.vmsnap.vmdir.PowerState;
import io.vmsnap.vmdir.RevertLedger;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmsdFile;
import io.vmsnap.vmdir.VmxDisk;
import io.vmsnap.vmdir.VmxFile;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Decides what a revert will write. Pure: the same arguments give the same plan. */
final class RevertPlanner {
  /**
   * What is different at every revert.
   *
   * @param generationId new each time: guests that keep counters which must never go back look at
   *     it
   * @param live whether the machine runs
   */
  record Moment(Instant now, UUID generationId, boolean live) {}

  private RevertPlanner() {}

  /**
   * @param definition digest of the definition that the machine's owner wants now; null if unknown
   * @throws RefusedException with the reason and, in its message, what to change
   */
  static RevertPlan plan(
      RevertState state, RevertSnapshotTask task, Moment moment, String definition)
      throws RefusedException {
    RevertDirectoryCheck.check(state, task);
    DirectoryState directory = state.directory();
    boolean resume = RevertPower.resumes(state.target(), task);
    PowerState power = RevertPower.after(state.target(), task);
    String load = resume ? RevertPower.memoryLoad(task) : null;
    List<NewDelta> deltas = deltas(state);
    VmxFile vmx =
        withDisks(state, deltas)
            .withGenerationId(moment.generationId())
            .withResume(resume ? state.target().stateFile() : null, load)
            .withOverriddenDefinition(definition);
    VmsdFile vmsd = directory.vmsd().withCurrent(state.target().uid());
    RevertLedger ledger =
        state
            .ledger()
            .with(
                new RevertLedger.Entry(
                    task.requestId(),
                    state.target().uid(),
                    power.name(),
                    load,
                    state.abandonedBytes(),
                    moment.now()));
    return new RevertPlan(
        task.requestId(),
        state.target().uid(),
        power.name(),
        load,
        moment.live(),
        deltas,
        state.abandoned(),
        List.of(
            new NewFile(vmx.file(), vmx.toBytes()),
            new NewFile(vmsd.file(), vmsd.toBytes()),
            // last: who reads it first, and finds the revert, finds the rest to be of after it
            new NewFile(RevertLedger.FILE, ledger.toBytes())),
        List.of(
            new NewFile(RevertLedger.FILE, state.ledger().toBytes()),
            new NewFile(directory.vmsd().file(), directory.vmsd().toBytes()),
            new NewFile(directory.vmx().file(), directory.vmx().toBytes())));
  }

  private static List<NewDelta> deltas(RevertState state) throws RefusedException {
    DirectoryState directory = state.directory();
    Set<String> files = new HashSet<>(directory.files());
    List<NewDelta> deltas = new ArrayList<>();
    for (SnapshotDisk disk : state.target().disks()) {
      String name = DeltaNames.next(base(disk.fileName()), files, directory.indexes());
      files.add(name); // two disks of one stem must not get one name
      deltas.add(new NewDelta(disk.node(), disk.fileName(), name));
    }
    return deltas;
  }

  /** {@code web.vmdk} of {@code web-000002.vmdk}: all layers of a disk have one stem. */
  private static String base(String descriptor) {
    return descriptor.replaceFirst("-\\d{6}\\.vmdk$", ".vmdk");
  }

  /**
   * The configuration of the snapshot, with its disks as the history names them: the names in the
   * configuration itself are those of the day on which the snapshot was taken.
   */
  private static VmxFile withDisks(RevertState state, List<NewDelta> deltas)
      throws RefusedException {
    Map<String, NewDelta> byNode = new HashMap<>();
    deltas.forEach(d -> byNode.put(d.node(), d));
    VmxFile vmx = state.configuration();
    for (VmxDisk disk : vmx.disks()) {
      String node = disk.address().toString();
      Optional<VmxDisk> present = find(state.directory().vmx(), disk.address());
      if (byNode.containsKey(node)) {
        vmx = vmx.withDisk(disk.address(), disk.name(), byNode.remove(node).delta());
      } else if (disk.isIndependent() && present.isPresent()) {
        vmx = vmx.withDisk(disk.address(), disk.name(), present.get().fileName());
      } else {
        vmx = vmx.withoutDisk(disk.address());
      }
    }
    if (!byNode.isEmpty()) {
      throw new RefusedException(
          TaskReason.DirectoryDamaged,
          state.target().stateFile()
              + ": the configuration kept there has no disk at "
              + String.join(", ", byNode.keySet().stream().sorted().toList())
              + ", the history says so");
    }
    return vmx;
  }

  private static Optional<VmxDisk> find(VmxFile vmx, DiskAddress address) {
    return vmx.disks().stream().filter(d -> d.address().equals(address)).findFirst();
  }

  /** For messages. */
  static String name(SnapshotEntry snapshot) {
    return "snapshot " + snapshot.uid() + " \"" + snapshot.displayName() + "\"";
  }

  static int depth(VmsdFile vmsd, long uid) throws RefusedException {
    try {
      return vmsd.tree().path(uid).size();
    } catch (DamagedFileException e) {
      throw new RefusedException(TaskReason.DirectoryDamaged, e.getMessage(), e);
    }
  }
}
