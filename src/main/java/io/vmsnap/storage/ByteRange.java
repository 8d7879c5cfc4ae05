package io.vmsnap.storage;

/** A range of bytes, {@code start} inclusive, {@code start + length} exclusive. */
public record ByteRange(long start, long length) {
  public ByteRange {
    if (start < 0 || length < 0 || start + length < 0) {
      throw new IllegalArgumentException("bad range: start " + start + ", length " + length);
    }
  }

  public long end() {
    return start + length;
  }
}
