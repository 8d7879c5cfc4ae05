package io.vmsnap.disk.vmdk;

/** What an extent's file holds; the names are the words of the extent line. */
public enum ExtentType {
  /** Raw content from the line's offset on. */
  FLAT,
  /** Raw content on a VMFS volume. */
  VMFS,
  /** Hosted sparse: magic KDMV. */
  SPARSE,
  /** ESX copy-on-write: magic COWD. */
  VMFSSPARSE,
  /** Space-efficient sparse. */
  SESPARSE,
  /** Reads as zeros, has no file. */
  ZERO,
  /** A raw device mapping in virtual compatibility mode. */
  VMFSRDM,
  /** A raw device mapping in physical compatibility mode. */
  VMFSRAW;

  boolean hasFile() {
    return this != ZERO;
  }

  boolean isDevice() {
    return this == VMFSRDM || this == VMFSRAW;
  }
}
