package io.vmsnap.hypervisor;

/** What the virtual machine starts with. */
public enum Firmware {
  BIOS,
  EFI
}
