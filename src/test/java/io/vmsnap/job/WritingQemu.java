package io.vmsnap.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmsnap.hypervisor.Accelerator;
import io.vmsnap.hypervisor.Firmware;
import io.vmsnap.hypervisor.HardwareProfile;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.commandline.MachineConfiguration;
import io.vmsnap.hypervisor.commandline.MachineSockets;
import io.vmsnap.hypervisor.commandline.QemuBinary;
import io.vmsnap.hypervisor.commandline.QemuCommandLine;
import io.vmsnap.hypervisor.qmp.QmpCommand;
import io.vmsnap.hypervisor.qmp.QmpProtocolException;
import io.vmsnap.hypervisor.qmp.QmpSession;
import io.vmsnap.snapshot.DiskLayers;
import io.vmsnap.snapshot.Sealing;
import io.vmsnap.storage.LocalStorage;
import io.vmsnap.vmdir.VmDirectory;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/**
 * QEMU on the disks of a directory, without a guest: writes go through the disk devices' own back
 * ends, where a guest's would. Write {@code n} fills a block of disk {@code n % 2} of its own.
 */
final class WritingQemu implements AutoCloseable {
  static final int BLOCK = 4096;

  /** Apart by more than a block, so that clusters of the index are used in part. */
  static final int STRIDE = 3 * BLOCK;

  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private final Process process;
  private final QmpSession session;
  private final HumanMonitor monitor;
  private volatile boolean writing;
  private volatile int acknowledged;
  private CompletableFuture<Void> writer;

  WritingQemu(LocalStorage storage) throws Exception {
    this(storage, 0);
  }

  /**
   * @param first number of the first write
   */
  WritingQemu(LocalStorage storage, int first) throws Exception {
    acknowledged = first;
    storage.createFolder(".vmsnap/run");
    VmDirectory directory = VmDirectory.open(storage);
    Sealing.markActive(directory);
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
    List<String> command = new ArrayList<>(List.of(qemu.program().toString()));
    command.addAll(
        QemuCommandLine.arguments(
            new MachineConfiguration(
                hardware,
                DiskLayers.of(directory),
                null,
                null,
                null,
                List.of(),
                "127.0.0.1",
                new MachineSockets(
                    run.resolve("qmp-runner.sock"),
                    run.resolve("qmp-job.sock"),
                    run.resolve("qga.sock")))));
    Path root = storage.path("");
    Path log = root.resolve(".vmsnap/qemu.log");
    process =
        new ProcessBuilder(command)
            .directory(root.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    Path socket = root.resolve(run).resolve("qmp-runner.sock");
    Awaitility.await()
        .atMost(DEADLINE)
        .until(
            () -> {
              if (!process.isAlive()) {
                throw new IOException(Files.readString(log));
              }
              return Files.exists(socket) && Files.exists(socket.resolveSibling("qga.sock"));
            });
    session = QmpSession.connect(socket, DEADLINE);
    monitor = new HumanMonitor(session);
  }

  static byte pattern(int n) {
    return (byte) (n % 251 + 1);
  }

  /** Writes that many blocks more. */
  void write(int count) throws HypervisorException {
    for (int i = 0; i < count; i++) {
      int n = acknowledged;
      io(
          n % 2,
          String.format(
              Locale.ROOT, "write -q -P %d %d %d", pattern(n) & 0xff, n / 2 * STRIDE, BLOCK));
      acknowledged = n + 1;
    }
  }

  /** A request of {@code qemu-io} to one disk; fails if it says anything. */
  void onDisk(int disk, String command) throws HypervisorException {
    io(disk, command);
  }

  void flush() throws HypervisorException {
    io(0, "flush");
    io(1, "flush");
  }

  void startWriting() {
    writing = true;
    writer =
        CompletableFuture.runAsync(
            () -> {
              try {
                while (writing) {
                  write(1);
                }
              } catch (HypervisorException e) {
                throw new IllegalStateException(e);
              }
            });
  }

  void stopWriting() throws Exception {
    writing = false;
    writer.get(30, TimeUnit.SECONDS);
  }

  int acknowledged() {
    return acknowledged;
  }

  /** Extents and indexes that QEMU has open for writing, from {@code /proc}. */
  List<String> writableFiles() throws IOException {
    List<String> files = new ArrayList<>();
    Path descriptors = Path.of("/proc", String.valueOf(process.pid()), "fd");
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(descriptors)) {
      for (Path entry : entries) {
        try {
          String target = Files.readSymbolicLink(entry).toString();
          boolean disk = target.endsWith(".vmdk") || target.endsWith(".idx");
          Path info = descriptors.resolveSibling("fdinfo").resolve(entry.getFileName());
          if (disk
              && Files.readAllLines(info).stream()
                  .filter(l -> l.startsWith("flags:"))
                  .anyMatch(l -> (Long.parseLong(l.substring(6).strip(), 8) & 3) != 0)) {
            files.add(target);
          }
        } catch (NoSuchFileException e) {
          continue; // closed since it was listed
        }
      }
    }
    return files;
  }

  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  private void io(int disk, String command) throws HypervisorException {
    monitor.onDisk(disk, command);
  }

  @Override
  public void close() throws Exception {
    if (process.isAlive()) {
      // An orderly end: QEMU writes its indexes before it exits.
      session.execute(new Quit(), DEADLINE);
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        kill();
      }
    }
    session.close();
  }

  private record Quit() implements QmpCommand<Void> {
    @Override
    public String name() {
      return "quit";
    }

    @Override
    public Void parse(JsonNode answer) throws QmpProtocolException {
      return null;
    }
  }
}
