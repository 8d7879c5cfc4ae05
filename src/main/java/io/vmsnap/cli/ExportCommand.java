package io.vmsnap.cli;

import io.vmsnap.disk.export.DiskExport;
import io.vmsnap.disk.export.ExportFormat;
import io.vmsnap.disk.export.SourceDisk;
import io.vmsnap.disk.vmdk.DiskPath;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.storage.StorageLock;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.vmdir.SnapshotDisk;
import io.vmsnap.vmdir.SnapshotEntry;
import io.vmsnap.vmdir.VmDirectory;
import io.vmsnap.vmdir.VmsdFile;
import io.vmsnap.vmdir.VmxDisk;
import io.vmsnap.vmdir.VmxFile;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vmsnap export}. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = {
      "Writes one snapshot's disk in another format.",
      "A snapshot may be exported while the machine runs: the files it froze do not change."
    })
public final class ExportCommand implements Callable<Integer> {
  private static final String RUNNER_LOCK = ".vmsnap/runner.lock";

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "The VM directory, ours or one of VMware's.")
  private Path directory;

  @Option(
      names = {"-s", "--snapshot"},
      paramLabel = "UID|NAME",
      description = "The snapshot; without it the present state, for a machine that is off.")
  private String snapshot;

  @Option(
      names = {"-d", "--disk"},
      paramLabel = "ADDRESS",
      description = "The disk, such as scsi0:1; needed if there are several.")
  private String disk;

  @Option(
      names = {"-f", "--format"},
      required = true,
      paramLabel = "FORMAT",
      description = "raw, qcow2, monolithicSparse, streamOptimized or vmfsSparse (all layers).")
  private String format;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "The new file; \"-\" is standard output (raw and streamOptimized only).")
  private String output;

  @Option(
      names = "--level",
      defaultValue = "6",
      paramLabel = "N",
      description = "Compression of streamOptimized: 1 fast to 9 small. Default: ${DEFAULT-VALUE}.")
  private int level;

  ExportCommand() {}

  @Override
  public Integer call() throws IOException {
    ExportFormat target = parseFormat();
    boolean toPipe = output.equals("-");
    if (toPipe && !target.isStream()) {
      throw usage(target + " is not written from front to back; name a file with --output");
    }
    if (toPipe && ProgressLine.isTerminal(1)) {
      throw usage("standard output is a terminal; redirect it, or name a file with --output");
    }
    if (level < 1 || level > 9) {
      throw usage("--level is 1 to 9");
    }
    ProgressLine progress = ProgressLine.onStandardError();
    try (VmStorage storage = new LocalStorage(directory);
        SourceDisk source = SourceDisk.open(storage, descriptor(storage))) {
      progress.begin("export " + source.descriptor().fileName());
      DiskExport export = new DiskExport(source, level, progress::at);
      if (toPipe) {
        toStandardOutput(export, target);
      } else {
        toFile(export, target);
      }
    } finally {
      progress.end();
    }
    return 0;
  }

  private void toStandardOutput(DiskExport export, ExportFormat target) throws IOException {
    try (FileOutputStream out = new FileOutputStream(FileDescriptor.out)) {
      export.toStream(target, "disk.vmdk", out.getChannel());
    }
  }

  private void toFile(DiskExport export, ExportFormat target) throws IOException {
    Path file = Path.of(output).toAbsolutePath();
    try (VmStorage folder = new LocalStorage(file.getParent())) {
      List<String> written = export.toFile(target, folder, file.getFileName().toString());
      written.forEach(name -> spec.commandLine().getOut().println(name));
      spec.commandLine().getOut().flush();
    }
  }

  /** The descriptor of the disk to export; reads no more than the two text files. */
  private String descriptor(VmStorage storage) throws IOException {
    String name = VmDirectory.findName(storage);
    if (snapshot == null) {
      requirePoweredOff(storage);
      VmxFile vmx = VmDirectory.readVmx(storage, name);
      List<VmxDisk> disks =
          vmx.disks().stream().filter(d -> isChosen(d.address().toString())).toList();
      String file =
          one(
              disks.stream().map(VmxDisk::fileName).toList(),
              vmx.disks().stream().map(d -> d.address().toString()).toList());
      return DiskPath.of(storage, vmx.file(), file);
    }
    VmsdFile vmsd = VmDirectory.readVmsd(storage, name);
    SnapshotEntry entry = find(vmsd, snapshot);
    List<SnapshotDisk> disks = entry.disks().stream().filter(d -> isChosen(d.node())).toList();
    String file =
        one(
            disks.stream().map(SnapshotDisk::fileName).toList(),
            entry.disks().stream().map(SnapshotDisk::node).toList());
    return DiskPath.of(storage, vmsd.file(), file);
  }

  private boolean isChosen(String address) {
    return disk == null || address.equals(disk);
  }

  private String one(List<String> files, List<String> addresses) {
    if (files.size() == 1) {
      return files.getFirst();
    }
    throw usage(
        (disk == null ? "choose a disk with --disk" : "there is no disk " + disk)
            + "; disks are "
            + String.join(", ", addresses));
  }

  private SnapshotEntry find(VmsdFile vmsd, String wanted) {
    List<SnapshotEntry> found =
        vmsd.snapshots().stream()
            .filter(s -> Long.toString(s.uid()).equals(wanted) || s.displayName().equals(wanted))
            .toList();
    if (found.size() == 1) {
      return found.getFirst();
    }
    throw usage(
        found.isEmpty()
            ? "there is no snapshot \"" + wanted + "\""
            : "several snapshots are called \"" + wanted + "\"; name one by its uid");
  }

  /** The active disk changes while the machine runs. */
  private void requirePoweredOff(VmStorage storage) throws IOException {
    if (!storage.exists(RUNNER_LOCK)) {
      return;
    }
    Optional<StorageLock> lock = storage.tryLock(RUNNER_LOCK);
    if (lock.isEmpty()) {
      throw usage("the machine runs, so its present state changes; name a --snapshot");
    }
    lock.get().close();
  }

  private ExportFormat parseFormat() {
    try {
      return ExportFormat.parse(format);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
