package io.vmsnap.hypervisor.commandline;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmsnap.hypervisor.Accelerator;
import io.vmsnap.hypervisor.HypervisorException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Finds out whether KVM works here by running a guest under it. That {@code /dev/kvm} exists proves
 * nothing: the device may be closed to us, QEMU may abort on a register that the host does not
 * have, or a nested host may run guests slower than QEMU's own translation does.
 *
 * <p>The guest is the real firmware and a boot sector that waits for two timer interrupts and then
 * ends QEMU with a known exit status through {@code isa-debug-exit}; with working hardware that
 * takes about a quarter of a second. Nothing is remembered: the next pod may run on another node.
 */
public final class AcceleratorProbe {
  /** Over this long KVM is of no use: QEMU's translation takes about 0.2 s for the same. */
  static final Duration DEADLINE = Duration.ofSeconds(3);

  /** {@code isa-debug-exit} ends QEMU with {@code (value << 1) | 1}. */
  private static final int EXPECTED_EXIT = (0x2a << 1) | 1;

  private static final int SECTOR = 512;

  /** SeaBIOS boots from no disk smaller than one cylinder, 16 heads of 63 sectors. */
  private static final int DISK_BYTES = 1 << 20;

  private static final int MAX_OUTPUT_BYTES = 4096;

  /** {@code sti; hlt; hlt; mov dx,0x501; mov al,0x2a; out dx,al; hlt; jmp $-1} in real mode. */
  private static final String CODE = "fbf4f4ba0105b02aeef4ebfd";

  private final QemuBinary qemu;

  public AcceleratorProbe(QemuBinary qemu) {
    this.qemu = qemu;
  }

  /**
   * @param works whether the guest ran
   * @param detail what happened, for people
   */
  public record Result(boolean works, String detail) {}

  /** Content of the file that {@link #tryOut} boots. */
  public static byte[] bootDisk() {
    byte[] disk = new byte[DISK_BYTES];
    byte[] code = HexFormat.of().parseHex(CODE);
    System.arraycopy(code, 0, disk, 0, code.length);
    disk[SECTOR - 2] = 0x55;
    disk[SECTOR - 1] = (byte) 0xaa;
    return disk;
  }

  /**
   * Runs the probe.
   *
   * @param cpuModel the model that the machine shall have: another one may work where this aborts
   * @param bootDisk file with {@link #bootDisk}
   */
  public Result tryOut(Accelerator accelerator, String cpuModel, Path bootDisk)
      throws HypervisorException {
    ProcessBuilder builder = new ProcessBuilder(arguments(accelerator, cpuModel, bootDisk));
    builder.redirectErrorStream(true);
    try {
      Process process = builder.start();
      try {
        process.getOutputStream().close();
        boolean ended = process.waitFor(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
        if (!ended) {
          return new Result(
              false, "the test guest did not come up within " + DEADLINE.toMillis() + " ms");
        }
        int exit = process.exitValue();
        String output =
            new String(
                    process.getInputStream().readNBytes(MAX_OUTPUT_BYTES), StandardCharsets.UTF_8)
                .strip();
        return exit == EXPECTED_EXIT
            ? new Result(true, "the test guest ran")
            : new Result(false, "QEMU ended with status " + exit + ": " + lastLine(output));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new HypervisorException("interrupted while probing " + accelerator, false, e);
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw e instanceof HypervisorException known
          ? known
          : new HypervisorException("cannot run " + qemu.program() + ": " + e, false, e);
    }
  }

  private List<String> arguments(Accelerator accelerator, String cpuModel, Path bootDisk) {
    ObjectNode disk = JsonNodeFactory.instance.objectNode();
    disk.put("driver", "raw").put("node-name", "probe").put("read-only", true);
    disk.putObject("file").put("driver", "file").put("filename", bootDisk.toString());
    return List.of(
        qemu.program().toString(),
        "-no-user-config",
        "-nodefaults",
        "-display",
        "none",
        "-machine",
        qemu.newestMachineType() + ",hpet=off",
        "-accel",
        accelerator.qemuName(),
        "-cpu",
        cpuModel,
        "-m",
        "16",
        "-device",
        "isa-debug-exit,iobase=0x501,iosize=1",
        "-blockdev",
        disk.toString(),
        "-device",
        "virtio-blk-pci,drive=probe,bootindex=0");
  }

  private static String lastLine(String text) {
    return text.isEmpty() ? "no message" : text.lines().toList().getLast();
  }
}
