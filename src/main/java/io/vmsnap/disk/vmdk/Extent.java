package io.vmsnap.disk.vmdk;

/**
 * One extent line of a descriptor, such as {@code RW 8388608 VMFS "web-flat.vmdk"}.
 *
 * @param access what the guest may do with the range
 * @param sectors length in sectors of 512 bytes, 0 to {@link #MAX_SECTORS}
 * @param fileName name as the line has it; null for ZERO
 * @param offset for FLAT and VMFS the sector of the file where the content starts, else 0
 * @param hasOffset whether the line has an offset
 */
public record Extent(
    Access access, long sectors, ExtentType type, String fileName, long offset, boolean hasOffset) {
  /** 2^53 sectors: byte offsets stay below 2^62, so sums of two never overflow. */
  public static final long MAX_SECTORS = 1L << 53;

  /** Bytes in a sector, the unit of every VMDK format. */
  public static final int SECTOR = 512;

  public Extent {
    if (sectors < 0 || sectors > MAX_SECTORS || offset < 0 || offset > MAX_SECTORS) {
      throw new IllegalArgumentException("extent of " + sectors + " sectors at " + offset);
    }
    if ((fileName != null) != type.hasFile()) {
      throw new IllegalArgumentException(type + " extent with file name " + fileName);
    }
    if (fileName != null && !fileName.matches("[^\"\\p{Cntrl}]+")) {
      throw new IllegalArgumentException("a descriptor cannot hold the file name " + fileName);
    }
  }

  /** Writable content in a file whose type has no offset in the line (all but FLAT). */
  public static Extent of(ExtentType type, long sectors, String fileName) {
    return new Extent(Access.RW, sectors, type, fileName, 0, type == ExtentType.FLAT);
  }

  /** Writable raw content from a sector of the file on. */
  public static Extent flat(long sectors, String fileName, long offset) {
    return new Extent(Access.RW, sectors, ExtentType.FLAT, fileName, offset, true);
  }

  public static Extent zero(long sectors) {
    return new Extent(Access.RW, sectors, ExtentType.ZERO, null, 0, false);
  }

  /** The same line for another file. */
  public Extent withFileName(String name) {
    return new Extent(access, sectors, type, name, offset, hasOffset);
  }

  /** The line. */
  @Override
  public String toString() {
    String line = access + " " + sectors + " " + type;
    if (fileName != null) {
      line += " \"" + fileName + "\"";
    }
    return hasOffset ? line + " " + offset : line;
  }

  /** First word of the line. */
  public enum Access {
    RW,
    RDONLY,
    NOACCESS
  }
}
