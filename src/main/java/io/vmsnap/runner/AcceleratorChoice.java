package io.vmsnap.runner;

import io.vmsnap.hypervisor.Accelerator;
import io.vmsnap.hypervisor.HypervisorException;
import io.vmsnap.hypervisor.commandline.AcceleratorProbe;
import io.vmsnap.hypervisor.commandline.QemuBinary;
import io.vmsnap.storage.VmStorage;
import io.vmsnap.storage.WholeFile;
import io.vmsnap.task.TaskReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Decides by trying what executes the guest. */
final class AcceleratorChoice {
  private static final System.Logger LOG = System.getLogger(AcceleratorChoice.class.getName());
  private static final String PROBE_DISK = RunFolder.FOLDER + "/probe.img";
  private static final Path DEVICE = Path.of("/dev/kvm");

  private final VmStorage storage;
  private final QemuBinary qemu;

  AcceleratorChoice(VmStorage storage, QemuBinary qemu) {
    this.storage = storage;
    this.qemu = qemu;
  }

  /**
   * @param wanted {@code auto}, {@code kvm} or {@code tcg}
   * @throws RunnerFailure if KVM is demanded and does not work here
   */
  Accelerator choose(String wanted, Optional<String> cpuModel) throws IOException, RunnerFailure {
    return switch (wanted) {
      case "tcg" -> Accelerator.TCG;
      case "kvm" -> {
        String obstacle = obstacle(cpuModel);
        if (obstacle != null) {
          throw new RunnerFailure(
              TaskReason.HypervisorFailed,
              "spec.hardware.accelerator is kvm, but KVM does not work on this node: " + obstacle);
        }
        yield Accelerator.KVM;
      }
      case "auto" -> {
        String obstacle = obstacle(cpuModel);
        if (obstacle == null) {
          yield Accelerator.KVM;
        }
        LOG.log(
            System.Logger.Level.WARNING,
            "KVM does not work here, so the guest runs under TCG, several times slower: {0}",
            obstacle);
        yield Accelerator.TCG;
      }
      default ->
          throw new RunnerFailure(
              TaskReason.InvalidRequest, "accelerator \"" + wanted + "\" is unknown");
    };
  }

  /** Null if KVM works. */
  private String obstacle(Optional<String> cpuModel) throws IOException {
    if (!Files.exists(DEVICE)) {
      return DEVICE + " does not exist in this container";
    }
    if (!Files.isWritable(DEVICE)) {
      return DEVICE + " is not writable for this user";
    }
    WholeFile.replace(storage, PROBE_DISK, AcceleratorProbe.bootDisk());
    try {
      AcceleratorProbe.Result result =
          new AcceleratorProbe(qemu)
              .tryOut(
                  Accelerator.KVM,
                  cpuModel.orElse(Accelerator.KVM.defaultCpuModel()),
                  storage.path(PROBE_DISK));
      return result.works() ? null : result.detail();
    } catch (HypervisorException e) {
      return e.getMessage();
    } finally {
      storage.delete(PROBE_DISK);
    }
  }
}
