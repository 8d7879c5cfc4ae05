package io.vmsnap.hypervisor;

/** What executes the guest's instructions. */
public enum Accelerator {
  KVM("kvm", "host"),
  /** QEMU's own translation: works everywhere, some ten times slower. */
  TCG("tcg", "max");

  private final String qemuName;
  private final String defaultCpuModel;

  Accelerator(String qemuName, String defaultCpuModel) {
    this.qemuName = qemuName;
    this.defaultCpuModel = defaultCpuModel;
  }

  /** Name in QEMU's command line and in the status of a machine. */
  public String qemuName() {
    return qemuName;
  }

  /** The CPU model with everything that the accelerator can offer. */
  public String defaultCpuModel() {
    return defaultCpuModel;
  }
}
