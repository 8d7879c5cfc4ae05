package io.vmsnap.hypervisor.qmp;

import io.vmsnap.hypervisor.Accelerator;
import io.vmsnap.hypervisor.DiskAttachment;
import io.vmsnap.hypervisor.DiskLayer;
import io.vmsnap.hypervisor.DiskSwitch;
import io.vmsnap.hypervisor.Firmware;
import io.vmsnap.hypervisor.HardwareProfile;
import io.vmsnap.hypervisor.NodeName;
import io.vmsnap.hypervisor.commandline.MachineConfiguration;
import io.vmsnap.hypervisor.commandline.MachineSockets;
import io.vmsnap.hypervisor.commandline.QemuBinary;
import io.vmsnap.hypervisor.commandline.QemuCommandLine;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A real QEMU with raw base disks and no guest, in a folder laid out like a VM directory. */
final class TestMachine implements AutoCloseable {
  static final long CAPACITY = 64L << 20;
  private static final long DATA_OFFSET = 4L << 20;

  final Path folder;
  final Process process;

  TestMachine(Path folder, int disks) throws Exception {
    this.folder = folder;
    Files.createDirectories(folder.resolve(".vmsnap/run"));
    List<DiskAttachment> attachments = new ArrayList<>();
    for (int k = 0; k < disks; k++) {
      attachments.add(
          new DiskAttachment("scsi0:" + k, "disk" + k, List.of(base(k == 0 ? "web" : "web_" + k))));
    }
    QemuBinary qemu = QemuBinary.find(System.getenv());
    HardwareProfile hardware =
        new HardwareProfile(
            "web",
            new UUID(1, 2),
            new UUID(3, 4),
            qemu.newestMachineType(),
            1,
            64L << 20,
            Firmware.BIOS,
            "max",
            Accelerator.TCG);
    Path run = Path.of(".vmsnap/run");
    List<String> command = new ArrayList<>();
    command.add(qemu.program().toString());
    command.addAll(
        QemuCommandLine.arguments(
            new MachineConfiguration(
                hardware,
                attachments,
                null,
                null,
                null,
                List.of(),
                "127.0.0.1",
                new MachineSockets(
                    run.resolve("qmp-runner.sock"),
                    run.resolve("qmp-job.sock"),
                    run.resolve("qga.sock")))));
    process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("qemu.log").toFile())
            .start();
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              if (!process.isAlive()) {
                throw new IOException(Files.readString(folder.resolve("qemu.log")));
              }
              return Files.exists(jobMonitor());
            });
  }

  Path jobMonitor() {
    return folder.resolve(".vmsnap/run/qmp-job.sock");
  }

  DiskLayer base(String name) throws IOException {
    Path extent = folder.resolve(name + "-flat.vmdk");
    try (RandomAccessFile file = new RandomAccessFile(extent.toFile(), "rw")) {
      file.setLength(CAPACITY);
    }
    return new DiskLayer(NodeName.of(name + ".vmdk"), extent, null, 0, CAPACITY);
  }

  /** An empty delta as {@code qemu-img} makes it. */
  DiskSwitch switchTo(String activeNode, String name) throws Exception {
    Path extent = folder.resolve(name + "-delta.vmdk");
    Path index = folder.resolve(".vmsnap/" + name + ".idx");
    try (RandomAccessFile file = new RandomAccessFile(extent.toFile(), "rw")) {
      file.setLength(16L << 20);
    }
    Process create =
        new ProcessBuilder(
                "qemu-img",
                "create",
                "-q",
                "-f",
                "qcow2",
                "-o",
                "data_file=" + folder.resolve("raw") + ",extended_l2=on,cluster_size=128k",
                index.toString(),
                String.valueOf(CAPACITY))
            .inheritIO()
            .start();
    if (!create.waitFor(30, TimeUnit.SECONDS) || create.exitValue() != 0) {
      throw new IOException("qemu-img create failed");
    }
    Files.deleteIfExists(folder.resolve("raw"));
    return new DiskSwitch(
        activeNode,
        new DiskLayer(NodeName.of(name + ".vmdk"), extent, index, DATA_OFFSET, CAPACITY));
  }

  /** Open flags of every descriptor that QEMU has on the file, as in {@code fdinfo}. */
  List<Long> openFlags(Path file) throws IOException {
    List<Long> flags = new ArrayList<>();
    Path descriptors = Path.of("/proc", String.valueOf(process.pid()), "fd");
    try (var entries = Files.newDirectoryStream(descriptors)) {
      for (Path entry : entries) {
        Map<Path, Path> target = target(entry);
        if (target.containsValue(file.toRealPath())) {
          Path info = descriptors.resolveSibling("fdinfo").resolve(entry.getFileName());
          for (String line : Files.readAllLines(info)) {
            if (line.startsWith("flags:")) {
              flags.add(Long.parseLong(line.substring("flags:".length()).strip(), 8));
            }
          }
        }
      }
    }
    return flags;
  }

  private static Map<Path, Path> target(Path entry) {
    try {
      return Map.of(entry, Files.readSymbolicLink(entry));
    } catch (IOException e) {
      return Map.of();
    }
  }

  @Override
  public void close() throws Exception {
    process.destroyForcibly().waitFor();
  }
}
