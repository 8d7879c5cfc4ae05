package io.vmsnap.hypervisor.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.vmsnap.hypervisor.BlockNode;
import io.vmsnap.hypervisor.DiskLayer;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/**
 * A real QEMU whose guest is a boot sector that counts in RAM as fast as it can: what it counted
 * tells at which instant its memory was saved, and that it goes on.
 */
final class CountingMachine implements AutoCloseable {
  private static final Duration QUICK = Duration.ofSeconds(10);
  private static final int COUNTER = 0x7e00;

  /** {@code cli; xor ax,ax; mov ds,ax; again: inc dword [0x7e00]; jmp again}. */
  private static final byte[] BOOT_SECTOR = {
    (byte) 0xfa,
    0x31,
    (byte) 0xc0,
    (byte) 0x8e,
    (byte) 0xd8,
    0x66,
    (byte) 0xff,
    0x06,
    0x00,
    0x7e,
    (byte) 0xeb,
    (byte) 0xf9
  };

  static final long DISK_BYTES = 64 << 20;

  private final Process process;
  private final QmpSession session;

  private CountingMachine(Process process, QmpSession session) {
    this.process = process;
    this.session = session;
  }

  /** Makes the disk that {@link #start} boots from. */
  static DiskLayer createDisk(Path directory, String name) throws IOException {
    Path flat = directory.resolve(name + "-flat.vmdk");
    try (RandomAccessFile file = new RandomAccessFile(flat.toFile(), "rw")) {
      file.setLength(DISK_BYTES);
      file.write(BOOT_SECTOR);
      file.seek(510);
      file.write(new byte[] {0x55, (byte) 0xaa});
    }
    return new DiskLayer("n-" + name, flat, null, 0, DISK_BYTES);
  }

  /**
   * @param layers of the one disk, base first
   * @param memory bytes of RAM
   * @param extra further QEMU arguments
   */
  static CountingMachine start(
      Path directory, String name, List<DiskLayer> layers, long memory, List<String> extra)
      throws Exception {
    Path socket = directory.resolve(name + ".sock");
    List<String> command =
        new ArrayList<>(
            List.of(
                "qemu-system-x86_64",
                "-machine",
                "pc-q35-10.0,memory-backend=pc.ram",
                "-accel",
                "tcg",
                "-cpu",
                "max",
                "-m",
                memory / (1 << 20) + "M",
                "-nodefaults",
                "-display",
                "none",
                "-qmp",
                "unix:" + socket + ",server=on,wait=off"));
    if (!extra.contains("-object")) {
      command.addAll(List.of("-object", "memory-backend-ram,id=pc.ram,size=" + memory));
    }
    String below = null;
    for (DiskLayer layer : layers) {
      command.add("-blockdev");
      command.add(BlockNode.options(layer, below, layer != layers.getLast()).toString());
      below = layer.nodeName();
    }
    command.addAll(List.of("-device", "virtio-blk-pci,id=scsi0-0,addr=08.0,drive=" + below));
    command.addAll(extra);
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(new File(directory.toFile(), name + ".log"))
            .start();
    try {
      Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> Files.exists(socket));
      return new CountingMachine(process, connect(socket));
    } catch (Exception e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static QmpSession connect(Path socket) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .until(() -> QmpSession.connect(socket, QUICK), s -> true);
  }

  QmpSession session() {
    return session;
  }

  QmpRunningVm vm() {
    return new QmpRunningVm(session);
  }

  void run() throws Exception {
    session.execute(MachineCommand.CONT, QUICK);
  }

  /** What the guest has counted. */
  long counted() throws Exception {
    String dump = session.execute(new HumanCommand("xp /1wx " + COUNTER), QUICK);
    return Long.parseLong(dump.substring(dump.indexOf("0x") + 2).strip(), 16);
  }

  /** Waits until the guest counts, and returns what it counted. */
  long awaitCounting() throws Exception {
    long before = counted();
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> counted() > before + 1000);
    return counted();
  }

  @Override
  public void close() throws Exception {
    session.close();
    process.destroyForcibly();
    process.waitFor(10, TimeUnit.SECONDS);
  }

  private record HumanCommand(String line) implements QmpCommand<String> {
    @Override
    public String name() {
      return "human-monitor-command";
    }

    @Override
    public JsonNode arguments() {
      return JsonNodeFactory.instance.objectNode().put("command-line", line);
    }

    @Override
    public String parse(JsonNode answer) {
      return answer.asText();
    }
  }
}
