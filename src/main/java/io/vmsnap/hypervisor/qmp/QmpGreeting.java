package io.vmsnap.hypervisor.qmp;

/**
 * What QEMU says of itself first.
 *
 * @param packageVersion the distributor's version, may be empty
 */
public record QmpGreeting(int major, int minor, int micro, String packageVersion) {
  public String version() {
    return major + "." + minor + "." + micro;
  }
}
