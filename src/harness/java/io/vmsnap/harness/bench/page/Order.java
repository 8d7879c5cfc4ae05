package io.vmsnap.harness.bench.page;

import io.vmsnap.harness.bench.page.Curve.Point;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** How a cost may grow with the size, and what was measured: the slope in a log-log plot. */
public enum Order {
  CONSTANT("constant", 0),
  LINEAR("at most linear", 1);

  /** What noise and caches add to a slope over a few medians. */
  private static final double TOLERANCE = 0.2;

  /** Growth by less than this in all is none, however steep between two points. */
  private static final double NEGLIGIBLE = 1.5;

  private final String words;
  private final double exponent;

  Order(String words, double exponent) {
    this.words = words;
    this.exponent = exponent;
  }

  public String words() {
    return words;
  }

  /**
   * The exponent e of n^e, by least squares over the upper half of the sizes: below, fixed costs
   * hide the growth. Empty for fewer than three points or values that are not above 0.
   */
  public static OptionalDouble exponent(List<Point> points) {
    if (points.size() < 3 || points.stream().anyMatch(p -> p.x() <= 0 || p.y() <= 0)) {
      return OptionalDouble.empty();
    }
    List<Point> tail =
        points.subList(Math.min(points.size() / 2, points.size() - 3), points.size());
    double meanX = tail.stream().mapToDouble(p -> Math.log(p.x())).average().orElseThrow();
    double meanY = tail.stream().mapToDouble(p -> Math.log(p.y())).average().orElseThrow();
    double covariance = 0;
    double variance = 0;
    for (Point point : tail) {
      double dx = Math.log(point.x()) - meanX;
      covariance += dx * (Math.log(point.y()) - meanY);
      variance += dx * dx;
    }
    return variance == 0 ? OptionalDouble.empty() : OptionalDouble.of(covariance / variance);
  }

  /** Whether the cost grows no faster than this order allows. */
  public boolean isMet(List<Point> points) {
    OptionalDouble measured = exponent(points);
    if (measured.isEmpty()) {
      return false;
    }
    double growth = points.getLast().y() / points.getFirst().y();
    return measured.getAsDouble() <= exponent + TOLERANCE || growth < NEGLIGIBLE;
  }

  /** Such as {@code expected constant, measured n^0.04}. */
  public String verdict(List<Point> points) {
    OptionalDouble measured = exponent(points);
    return "expected "
        + words
        + (measured.isEmpty()
            ? ", too few points to tell"
            : String.format(Locale.ROOT, ", measured n^%.2f", measured.getAsDouble()))
        + (measured.isEmpty() || isMet(points) ? "" : ": NOT MET");
  }
}
