package io.vmsnap.disk.vmdk;

import java.util.HexFormat;
import java.util.random.RandomGenerator;

/**
 * The CID of a descriptor: 32 bits that change when the content of a disk first changes after it
 * was opened. A child names the CID its parent had when the child was made, so that a parent that
 * was written since is noticed.
 *
 * @param value all 32 bits; written as eight hexadecimal digits
 */
public record ContentId(int value) {
  /** The parentCID of a disk without parent ({@code CID_NOPARENT}). */
  public static final ContentId NONE = new ContentId(0xffffffff);

  /** The CID that VMware gives a disk that was never written. */
  public static final ContentId INITIAL = new ContentId(0xfffffffe);

  /** A CID that is neither {@link #NONE} nor {@link #INITIAL} nor zero. */
  public static ContentId random(RandomGenerator random) {
    int value;
    do {
      value = random.nextInt();
    } while (value == 0 || value >= INITIAL.value && value < 0);
    return new ContentId(value);
  }

  /** Parses one to eight hexadecimal digits. */
  static ContentId parse(String digits) {
    if (digits.isEmpty() || digits.length() > 8) {
      throw new NumberFormatException("not one to eight hexadecimal digits");
    }
    return new ContentId(HexFormat.fromHexDigits(digits));
  }

  // By hand: the generated ones are linked at their first call, and a starting job waits for that.
  @Override
  public boolean equals(Object other) {
    return other instanceof ContentId id && id.value == value;
  }

  @Override
  public int hashCode() {
    return value;
  }

  @Override
  public String toString() {
    return HexFormat.of().toHexDigits(value);
  }
}
