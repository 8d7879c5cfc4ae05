package io.vmsnap.snapshot;

import io.vmsnap.disk.DiskException;
import io.vmsnap.disk.DiskRun;
import io.vmsnap.disk.chain.ChainRepair;
import io.vmsnap.disk.chain.DiskChecker;
import io.vmsnap.disk.chain.Finding;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.DeltaFiles;
import io.vmsnap.disk.delta.IndexedDelta;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.storage.FileNames;
import io.vmsnap.storage.UnsafeNameException;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.task.TaskReason;
import io.vmsnap.vmdir.DamagedFileException;
import io.vmsnap.vmdir.DirectoryFormat;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Does what is safe about what {@link DirectoryChecker} finds in the directory of a machine that is
 * off: ends an operation that was cut off, makes one index of a delta from the other, and removes
 * what is proven to be left over. A file that holds data which nothing else holds is never removed.
 */
public final class DirectoryRepair {
  private final VmStorage storage;
  private final OperationLock lock;
  private final List<Action> actions = new ArrayList<>();

  private DirectoryRepair(VmStorage storage, OperationLock lock) {
    this.storage = storage;
    this.lock = lock;
  }

  /**
   * Something that was done.
   *
   * @param file to which file
   * @param what in words
   */
  public record Action(String file, String what) {}

  /**
   * @param machine tells whether the machine is on
   * @return what was done, in order; empty if there was nothing to do, or nothing that is safe
   * @throws RefusedException if the machine is on, or an operation works on the directory
   */
  public static List<Action> run(VmStorage storage, VmConnector machine)
      throws IOException, RefusedException {
    OperationLock lock =
        OperationLock.tryAcquire(storage)
            .orElseThrow(
                () ->
                    new RefusedException(
                        TaskReason.VMBusy, "an operation works on the directory; try again"));
    try (lock) {
      if (machine.isOn()) {
        throw new RefusedException(
            TaskReason.VMBusy, "the machine is on; power it off to repair its disks");
      }
      DirectoryRepair repair = new DirectoryRepair(storage, lock);
      repair.run();
      return List.copyOf(repair.actions);
    }
  }

  private void run() throws IOException {
    Recovery.Outcome outcome = new Recovery(storage, lock).recover(VmConnector.POWERED_OFF);
    switch (outcome) {
      case NOTHING -> {}
      case ROLLED_BACK -> did(DirectoryFormat.FOLDER, "took back an operation that was cut off");
      case ROLLED_FORWARD -> did(DirectoryFormat.FOLDER, "finished an operation that was cut off");
    }
    VmDirectory directory;
    try {
      directory = VmDirectory.open(storage);
    } catch (DamagedFileException | DiskException | UnsafeNameException e) {
      return; // the check says what is wrong; it takes a backup to mend it
    }
    for (String top : tops(directory)) {
      mend(top, directory);
    }
    for (DirectoryFinding orphan : OrphanSearch.search(directory)) {
      remove(orphan.file());
    }
  }

  /** The disks that cover all others: the active ones, and those that other branches end in. */
  private static Set<String> tops(VmDirectory directory) {
    Set<String> tops = new LinkedHashSet<>();
    directory.disks().forEach(disk -> tops.add(disk.active().fileName()));
    for (SnapshotEntry snapshot : directory.vmsd().snapshots()) {
      for (SnapshotDisk disk : snapshot.disks()) {
        tops.add(disk.fileName());
      }
    }
    return tops;
  }

  private void mend(String top, VmDirectory directory) throws IOException {
    if (!storage.exists(top)) {
      return; // the check says so; nothing can bring it back
    }
    List<Finding> findings = DiskChecker.check(storage, top);
    boolean hopeless =
        findings.stream().allMatch(finding -> finding.remedy() == Finding.Remedy.NONE);
    if (hopeless) {
      return;
    }
    for (String layer : deltas(top)) {
      lock.check();
      ChainRepair.repair(storage, layer, !isActive(directory, layer), findings)
          .ifPresent(remedy -> did(layer, words(remedy)));
    }
  }

  /** The deltas of a chain, down to its base or to where it is broken. */
  private Set<String> deltas(String top) throws IOException {
    Set<String> deltas = new LinkedHashSet<>();
    Optional<String> name = Optional.of(top);
    try {
      while (name.isPresent() && !deltas.contains(name.get())) {
        DiskDescriptor descriptor = DiskDescriptor.read(storage, name.get());
        name = descriptor.parentFileNameHint();
        if (descriptor.createType().equalsIgnoreCase(DeltaDisk.CREATE_TYPE)) {
          deltas.add(descriptor.fileName());
        }
      }
    } catch (DiskException | UnsafeNameException | NoSuchFileException e) {
      // what lies above can be mended all the same
    }
    return deltas;
  }

  private static boolean isActive(VmDirectory directory, String descriptor) {
    return directory.disks().stream()
        .map(VmDisk::active)
        .anyMatch(active -> active.fileName().equals(descriptor));
  }

  private static String words(Finding.Remedy remedy) {
    return switch (remedy) {
      case REBUILD_INDEX -> "rebuilt the live index from the grain tables";
      case REBUILD_TABLES -> "rebuilt the grain tables from the live index";
      case SEAL -> "sealed it: brought the grain tables up to date";
      case NONE -> "nothing";
    };
  }

  private void remove(String file) throws IOException {
    if (!storage.exists(file)) {
      return; // went with another
    }
    lock.check();
    if (file.endsWith(WholeFile.TEMPORARY_SUFFIX)) {
      delete(file, "removed what a write that was cut off had left");
    } else if (isOf(file, DeltaFiles.INDEX_SUFFIX)) {
      delete(file, "removed the index of a delta that does not exist");
    } else if (isOf(file, DeltaFiles.STAMP_SUFFIX)) {
      delete(file, "removed what a seal remembered of a delta that does not exist");
    } else if (file.endsWith(".vmdk") && isEmptyDelta(file)) {
      DeltaDisk.delete(storage, file);
      did(file, "removed a delta that nothing uses and that holds nothing");
    }
  }

  /** Whether it belongs to a delta, and nothing else of that is left. */
  private boolean isOf(String file, String suffix) throws IOException {
    if (!file.endsWith(suffix)) {
      return false;
    }
    String name = file.substring(file.lastIndexOf('/') + 1);
    DeltaFiles delta = DeltaFiles.of(name.substring(0, name.length() - suffix.length()) + ".vmdk");
    return !storage.exists(delta.descriptor()) && !storage.exists(delta.extent());
  }

  /** Whether both views of it say that it holds nothing of a guest. */
  private boolean isEmptyDelta(String file) throws IOException {
    try {
      DeltaDisk delta = DeltaDisk.open(storage, file);
      try (IndexedDelta content = IndexedDelta.open(storage, delta)) {
        return !delta.header(storage).uncleanShutdown()
            && content.runs(0, content.capacity()).stream()
                .allMatch(run -> run.content() == DiskRun.Content.INHERITED);
      }
    } catch (IOException e) {
      return false; // what cannot be read is not proven to be empty
    }
  }

  private void delete(String file, String what) throws IOException {
    storage.delete(file);
    storage.syncDirectory(FileNames.folderOf(file));
    did(file, what);
  }

  private void did(String file, String what) {
    actions.add(new Action(file, what));
  }
}
