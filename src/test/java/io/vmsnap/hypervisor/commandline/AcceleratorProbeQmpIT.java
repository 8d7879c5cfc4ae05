package io.vmsnap.hypervisor.commandline;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmsnap.hypervisor.Accelerator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against the installed QEMU. */
class AcceleratorProbeQmpIT {
  @TempDir Path folder;
  private AcceleratorProbe probe;
  private Path bootDisk;

  @BeforeEach
  void writeBootDisk() throws Exception {
    probe = new AcceleratorProbe(QemuBinary.find(System.getenv()));
    bootDisk = Files.write(folder.resolve("probe.img"), AcceleratorProbe.bootDisk());
  }

  @Test
  void aWorkingAcceleratorRunsTheGuest() throws Exception {
    assertThat(probe.tryOut(Accelerator.TCG, "max", bootDisk))
        .isEqualTo(new AcceleratorProbe.Result(true, "the test guest ran"));
  }

  @Test
  void aGuestThatNeverEndsIsNoWorkingAccelerator() throws Exception {
    byte[] disk = AcceleratorProbe.bootDisk();
    disk[0] = (byte) 0xeb; // jmp $
    disk[1] = (byte) 0xfe;
    Files.write(bootDisk, disk);
    assertThat(probe.tryOut(Accelerator.TCG, "max", bootDisk).detail())
        .contains("did not come up within");
  }

  @Test
  void aCpuModelThatQemuRefusesGivesQemusReason() throws Exception {
    assertThat(probe.tryOut(Accelerator.TCG, "no-such-model", bootDisk).detail())
        .contains("no-such-model");
  }

  @Test
  void kvmIsJudgedInBoundedTimeWhateverThisMachineHas() throws Exception {
    long start = System.nanoTime();
    AcceleratorProbe.Result result = probe.tryOut(Accelerator.KVM, "host", bootDisk);
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .as(result.detail())
        .isLessThan(AcceleratorProbe.DEADLINE.plusSeconds(3));
  }
}
