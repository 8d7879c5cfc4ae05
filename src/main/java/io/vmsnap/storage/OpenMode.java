package io.vmsnap.storage;

/** How a file is opened. */
public enum OpenMode {
  READ,
  READ_WRITE
}
