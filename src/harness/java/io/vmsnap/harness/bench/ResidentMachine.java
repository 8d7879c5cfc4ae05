package io.vmsnap.harness.bench;

import io.vmsnap.disk.chain.BaseDisk;
import io.vmsnap.disk.delta.DeltaDisk;
import io.vmsnap.disk.delta.Seal;
import io.vmsnap.snapshot.RefusedException;
import io.vmsnap.snapshot.SnapshotCreation;
import io.vmsnap.snapshot.SnapshotDeletion;
import io.vmsnap.snapshot.StopSignal;
import io.vmsnap.snapshot.VmConnector;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.task.CreateSnapshotTask;
import io.vmsnap.task.DeleteSnapshotTask;
import io.vmsnap.task.VmDefinition;
import io.vmsnap.vmdir.DirectoryPreparer;
import io.vmsnap.vmdir.DiskAddress;
import io.vmsnap.vmdir.NotPreparableException;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmsdFile;
import io.vmsnap.vmdir.VmxFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** A machine that is off, in a directory of its own, on which the engine works in this process. */
final class ResidentMachine {
  private static final int MAX_DEPTH = 200;
  private static final int TIMEOUT_SECONDS = 600;

  private final Path directory;
  private final LocalStorage storage;
  private int requests;

  private ResidentMachine(Path directory) throws IOException {
    this.directory = directory;
    this.storage = new LocalStorage(directory);
  }

  /** Makes the machine, with blank sparse disks. */
  static ResidentMachine create(Path directory, int disks, long bytesPerDisk) throws IOException {
    Files.createDirectories(directory);
    ResidentMachine machine = new ResidentMachine(directory);
    List<VmDefinition.Disk> definitions = new ArrayList<>();
    for (int k = 0; k < Math.min(disks, DiskAddress.MAX_DISKS); k++) {
      definitions.add(new VmDefinition.Disk("disk" + k, bytesPerDisk, null));
    }
    VmDefinition definition =
        new VmDefinition(
            "web",
            "5c1e3a0e-0000-4000-8000-0000000be7c4",
            new VmDefinition.Hardware(1, 64 << 20, "bios", "qemu64", "tcg"),
            definitions,
            null,
            List.of(),
            false,
            1);
    try {
      VmDirectory made = new DirectoryPreparer(machine.storage, definition).prepare();
      machine.addDisks(made.vmx(), disks, bytesPerDisk);
    } catch (NotPreparableException e) {
      throw new IOException(e);
    }
    return machine;
  }

  /** More than four SCSI controllers take come from elsewhere, on SATA. */
  private void addDisks(VmxFile vmx, int disks, long bytes) throws IOException {
    VmxFile changed = vmx;
    for (int k = DiskAddress.MAX_DISKS; k < disks; k++) {
      String descriptor = "web_" + k + ".vmdk";
      BaseDisk.create(storage, descriptor, bytes, new SplittableRandom(k));
      DiskAddress address = new DiskAddress("sata", 0, k - DiskAddress.MAX_DISKS);
      changed = changed.withDisk(address, "disk" + k, descriptor);
    }
    if (changed != vmx) {
      WholeFile.replace(storage, vmx.file(), changed.toBytes());
    }
  }

  LocalStorage storage() {
    return storage;
  }

  Path directory() {
    return directory;
  }

  /** Milliseconds until a snapshot is durable. */
  double snapshot() throws IOException {
    CreateSnapshotTask task =
        new CreateSnapshotTask(
            "bench-" + ++requests, "bench", "", false, "None", 0, TIMEOUT_SECONDS, MAX_DEPTH, 0);
    SnapshotCreation creation =
        new SnapshotCreation(
            storage,
            VmConnector.POWERED_OFF,
            Clock.systemUTC(),
            new StopSignal(Duration.ofSeconds(TIMEOUT_SECONDS)),
            Duration.ZERO);
    long start = System.nanoTime();
    try {
      creation.run(null, task);
    } catch (RefusedException e) {
      throw new IOException("snapshot refused: " + e.getMessage(), e);
    }
    return (System.nanoTime() - start) / 1e6;
  }

  /** Milliseconds until the current snapshot is gone, and its disk merged. */
  double delete() throws IOException {
    long uid = VmDirectory.open(storage).vmsd().currentUid().orElseThrow();
    DeleteSnapshotTask task =
        new DeleteSnapshotTask("bench-" + ++requests, uid, false, 0, TIMEOUT_SECONDS);
    SnapshotDeletion deletion =
        new SnapshotDeletion(
            storage,
            VmConnector.POWERED_OFF,
            Clock.systemUTC(),
            new StopSignal(Duration.ofSeconds(TIMEOUT_SECONDS)),
            Duration.ZERO);
    long start = System.nanoTime();
    try {
      deletion.run(null, task);
    } catch (RefusedException e) {
      throw new IOException("deletion refused: " + e.getMessage(), e);
    }
    return (System.nanoTime() - start) / 1e6;
  }

  /** Milliseconds to read configuration, history and the chains of all disks. */
  double open() throws IOException {
    long start = System.nanoTime();
    int size = VmDirectory.open(storage).vmsd().tree().size();
    double milliseconds = (System.nanoTime() - start) / 1e6;
    if (size < 0) {
      throw new IllegalStateException("a tree of " + size);
    }
    return milliseconds;
  }

  /** The first disk's active delta. */
  DeltaDisk active() throws IOException {
    return DeltaDisk.open(storage, VmDirectory.open(storage).vmx().disks().getFirst().fileName());
  }

  /** Milliseconds to bring a delta's tables up to its index. */
  double seal(DeltaDisk delta) throws IOException {
    long start = System.nanoTime();
    Seal.run(storage, delta);
    return (System.nanoTime() - start) / 1e6;
  }

  /** Makes the history longer: every entry like the first, each a root of its own. */
  void lengthenHistory(int entries) throws IOException {
    VmsdFile vmsd = VmDirectory.open(storage).vmsd();
    List<String> lines = new String(vmsd.toBytes(), StandardCharsets.UTF_8).lines().toList();
    StringBuilder text = new StringBuilder();
    for (String line : lines) {
      if (line.startsWith("snapshot.numSnapshots")) {
        text.append("snapshot.numSnapshots = \"").append(entries).append("\"\n");
      } else if (line.startsWith("snapshot.lastUID")) {
        text.append("snapshot.lastUID = \"").append(entries).append("\"\n");
      } else {
        text.append(line).append('\n');
      }
    }
    for (int i = 1; i < entries; i++) {
      for (String line : lines) {
        if (line.startsWith("snapshot0.uid")) {
          text.append("snapshot" + i + ".uid = \"" + (i + 1) + "\"\n");
        } else if (line.startsWith("snapshot0.")) {
          text.append("snapshot" + i)
              .append(
                  line.substring("snapshot0".length())
                      .replace("Snapshot1.vmsn", "Snapshot" + (i + 1) + ".vmsn")
                      .replace("bench-1", "old-" + i))
              .append('\n');
        }
      }
    }
    WholeFile.replace(storage, vmsd.file(), text.toString().getBytes(StandardCharsets.UTF_8));
  }
}
