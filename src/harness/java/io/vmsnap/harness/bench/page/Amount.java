package io.vmsnap.harness.bench.page;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import java.util.OptionalDouble;

/** Values as people read them: three digits that tell, and the unit. */
public final class Amount {
  private Amount() {}

  public static String of(double value, String unit) {
    return number(value) + (unit.isEmpty() ? "" : unit.startsWith("/") ? unit : " " + unit);
  }

  /** Such as {@code 12,345}, {@code 12.3} or {@code 0.0123}. */
  public static String number(double value) {
    double size = Math.abs(value);
    if (size == 0 || size >= 100) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    int digits = size >= 10 ? 1 : size >= 1 ? 2 : 2 - (int) Math.floor(Math.log10(size));
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  /** A round number, without zeros at its end: {@code 0.5}, {@code 20}, {@code 1,000}. */
  static String round(double value) {
    return Math.abs(value) >= 1000
        ? String.format(Locale.ROOT, "%,.0f", value)
        : new BigDecimal(value, new MathContext(3)).stripTrailingZeros().toPlainString();
  }

  /** Such as {@code 1.85x}; a dash where there is none. */
  public static String ratio(OptionalDouble ratio) {
    return ratio.isPresent() ? String.format(Locale.ROOT, "%.2fx", ratio.getAsDouble()) : "-";
  }
}
