package io.vmsnap.api.v1alpha1;

import java.util.Locale;
import java.util.regex.Matcher;

/**
 * Sizes as the resources spell them: a whole number and {@code Mi}, {@code Gi} or {@code Ti}. They
 * are a subset of Kubernetes quantities, chosen so that CEL of Kubernetes 1.25, which has no
 * quantity library, can compare two of them.
 */
public final class BinarySize {
  public static final String PATTERN = "^[1-9][0-9]{0,5}(Mi|Gi|Ti)$";

  /** The cost of CEL rules is estimated from lengths, so every size states its own. */
  public static final int MAX_LENGTH = 8;

  private static final java.util.regex.Pattern SYNTAX =
      java.util.regex.Pattern.compile("([1-9][0-9]{0,5})(Mi|Gi|Ti)");
  private static final String[] UNITS = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};

  private BinarySize() {}

  public static boolean isValid(String size) {
    return size != null && SYNTAX.matcher(size).matches();
  }

  /**
   * @return bytes
   * @throws IllegalArgumentException if the text is no size
   */
  public static long parse(String size) {
    Matcher matcher = SYNTAX.matcher(size);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "'" + size + "' is no size: write a whole number and Mi, Gi or Ti, such as 20Gi");
    }
    int shift =
        switch (matcher.group(2)) {
          case "Mi" -> 20;
          case "Gi" -> 30;
          default -> 40;
        };
    return Long.parseLong(matcher.group(1)) << shift;
  }

  /**
   * A Kubernetes quantity of three significant digits, such as {@code 51.2Mi}. Statuses are rounded
   * so that they read well, and so that a volume on which a guest writes does not change its
   * machine's status at every look; exact figures are in the metrics.
   */
  public static String round(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 1024 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    if (unit == 0) {
      return Long.toString(bytes);
    }
    int decimals = value >= 100 ? 0 : value >= 10 ? 1 : 2;
    String digits = String.format(Locale.ROOT, "%." + decimals + "f", value);
    if (decimals > 0) {
      digits = digits.replaceAll("0+$", "").replaceAll("\\.$", "");
    }
    return digits + UNITS[unit];
  }
}
