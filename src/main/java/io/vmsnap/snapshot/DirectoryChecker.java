package io.vmsnap.snapshot;

import io.vmsnap.disk.DiskException;
import io.vmsnap.disk.chain.DiskChecker;
import io.vmsnap.disk.chain.Finding;
import io.vmsnap.disk.vmdk.DiskDescriptor;
import io.vmsnap.snapshot.journal.Journal;
import io.vmsnap.storage.UnsafeNameException;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.DamagedFileException;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.TooNewException;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmDisk;
import io.vmsnap.vmdir.VmsnFile;
import io.vmsnap.vmdir.memory.DamagedMemoryException;
import io.vmsnap.vmdir.memory.MemoryFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Looks for what is damaged, missing, contradictory or left over in a VM directory. Changes
 * nothing.
 */
public final class DirectoryChecker {
  private final VmStorage storage;
  private final boolean running;
  private final Set<DirectoryFinding> findings = new LinkedHashSet<>();
  private final Set<String> checkedDisks = new HashSet<>();

  private DirectoryChecker(VmStorage storage, boolean running) {
    this.storage = storage;
    this.running = running;
  }

  /**
   * @param running whether the machine is on: then its active disks are left out, because what is
   *     being written cannot be judged
   * @return empty if all is sound
   */
  public static List<DirectoryFinding> check(VmStorage storage, boolean running)
      throws IOException {
    DirectoryChecker checker = new DirectoryChecker(storage, running);
    checker.run();
    return List.copyOf(checker.findings);
  }

  private void run() throws IOException {
    if (storage.exists(Journal.FILE)) {
      findings.add(
          DirectoryFinding.notice(
              Journal.FILE,
              "an operation is under way, or was cut off",
              "nothing: the next operation, or the next start of the machine, finishes it or takes"
                  + " it back"));
    }
    VmDirectory directory;
    try {
      directory = VmDirectory.open(storage);
    } catch (DamagedFileException | DiskException | UnsafeNameException e) {
      findings.add(
          DirectoryFinding.error(
              file(e),
              e.getMessage(),
              e instanceof TooNewException ? "use a newer vmsnap" : RESTORE));
      return;
    }
    ResumeCheck.check(directory).ifPresent(findings::add);
    for (VmDisk disk : directory.disks()) {
      List<DiskDescriptor> chain = disk.chain();
      int top = chain.size() - (running ? 2 : 1);
      if (top >= 0) {
        checkDisk(chain.get(top).fileName());
      }
    }
    for (SnapshotEntry snapshot : directory.vmsd().snapshots()) {
      checkSnapshot(directory, snapshot);
    }
    try {
      checkCurrent(directory);
      checkHidden(directory);
    } catch (DiskException e) {
      findings.add(DirectoryFinding.error(e.file(), e.getMessage(), RESTORE));
    }
    findings.addAll(OrphanSearch.search(directory));
  }

  private static final String RESTORE = "restore the file from a backup";

  private static String file(Exception e) {
    return e instanceof DiskException disk ? disk.file() : firstWord(e.getMessage());
  }

  private static String firstWord(String message) {
    int colon = message.indexOf(": ");
    return colon < 0 ? message : message.substring(0, colon);
  }

  private void checkDisk(String descriptor) throws IOException {
    if (!checkedDisks.add(descriptor)) {
      return;
    }
    for (Finding finding : DiskChecker.check(storage, descriptor)) {
      findings.add(
          new DirectoryFinding(
              finding.severity() == Finding.Severity.ERROR
                  ? DirectoryFinding.Severity.ERROR
                  : DirectoryFinding.Severity.NOTICE,
              finding.file(),
              finding.message(),
              switch (finding.remedy()) {
                case NONE -> RESTORE;
                case SEAL -> "power the machine off in an orderly way: that seals its disks";
                case REBUILD_INDEX -> "the index can be rebuilt from the grain tables";
                case REBUILD_TABLES -> "the grain tables can be rebuilt from the index";
              }));
    }
  }

  private void checkSnapshot(VmDirectory directory, SnapshotEntry snapshot) throws IOException {
    String which = "snapshot " + snapshot.uid() + " \"" + snapshot.displayName() + "\"";
    for (SnapshotDisk disk : snapshot.disks()) {
      if (storage.exists(disk.fileName())) {
        checkDisk(disk.fileName());
      } else {
        findings.add(
            DirectoryFinding.error(
                disk.fileName(), "is missing; " + which + " cannot be returned to", RESTORE));
      }
    }
    if (!storage.exists(snapshot.stateFile())) {
      findings.add(
          DirectoryFinding.error(
              snapshot.stateFile(),
              "is missing; " + which + " has lost its hardware and power state",
              RESTORE));
      return;
    }
    try {
      VmsnFile state = VmsnFile.read(storage, snapshot.stateFile());
      if (state.snapshotUid() != snapshot.uid()) {
        findings.add(
            DirectoryFinding.error(
                snapshot.stateFile(),
                "belongs to a snapshot with uid " + state.snapshotUid() + ", not to " + which,
                RESTORE));
      }
      checkMemory(snapshot, state, which);
    } catch (DamagedMemoryException e) {
      findings.add(DirectoryFinding.error(snapshot.stateFile(), e.getMessage(), RESTORE));
    } catch (DamagedFileException e) {
      findings.add(
          DirectoryFinding.error(
              snapshot.stateFile(), e.getMessage() + " (" + directory.name() + ")", RESTORE));
    }
  }

  private void checkMemory(SnapshotEntry snapshot, VmsnFile state, String which)
      throws IOException {
    if (state.memory() != null) {
      MemoryFile.checkAll(storage, snapshot.stateFile(), state.memory(), bytes -> {});
    } else if (snapshot.memory()) {
      findings.add(
          DirectoryFinding.error(
              snapshot.stateFile(),
              "holds no memory, although " + which + " was taken with it",
              RESTORE));
    }
  }

  /** Disks that no snapshot needs apart any more. */
  private void checkHidden(VmDirectory directory) throws IOException {
    for (DiskTree.Link link : DiskTree.read(directory).links()) {
      findings.add(
          DirectoryFinding.notice(
              link.child(),
              "needs consolidation: it is to be merged into "
                  + link.parent()
                  + ", which only it needs since a snapshot was deleted",
              "run \"vmsnap consolidate\" on the directory, or annotate the VirtualMachine with"
                  + " vmsnap.io/consolidate: nothing is lost until then but space"));
    }
  }

  /** The running state must be based on what the current snapshot froze. */
  private void checkCurrent(VmDirectory directory) throws IOException {
    Optional<SnapshotEntry> current = directory.vmsd().tree().current();
    if (current.isEmpty()) {
      return;
    }
    DiskTree tree = DiskTree.read(directory);
    for (SnapshotDisk frozen : current.get().disks()) {
      List<String> parents = new ArrayList<>();
      for (VmDisk disk : directory.disks()) {
        if (disk.address().toString().equals(frozen.node())) {
          Optional<String> below = tree.parent(disk.active().fileName());
          while (below.isPresent()) {
            parents.add(below.get());
            // What deleted snapshots have left lies between, until it is merged.
            below = below.filter(tree::isHidden).flatMap(tree::parent);
          }
        }
      }
      if (!parents.contains(frozen.fileName())) {
        findings.add(
            DirectoryFinding.error(
                directory.vmx().file(),
                frozen.node()
                    + " is not based on "
                    + frozen.fileName()
                    + ", which the current snapshot (uid "
                    + current.get().uid()
                    + ") froze",
                "find out which of "
                    + directory.vmx().file()
                    + " and "
                    + directory.vmsd().file()
                    + " was replaced by another program"));
      }
    }
  }
}
