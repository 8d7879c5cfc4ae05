package io.vmsnap.harness.bench.page;

import java.util.List;

/**
 * How a cost grows with a size; a plot of its own on the page.
 *
 * @param id name of the plot's file, without {@code .svg}
 * @param title what is measured
 * @param xLabel what grows, with its unit
 * @param yLabel what it costs, with its unit
 */
public record Curve(String id, String title, String xLabel, String yLabel, List<Series> series) {
  public Curve {
    series = List.copyOf(series);
    if (!id.matches("[a-z0-9-]+")) {
      throw new IllegalArgumentException("\"" + id + "\" is no name for a plot's file");
    }
  }

  /** One median. */
  public record Point(double x, double y) {}

  /**
   * One line of the plot.
   *
   * @param expected the order that this cost is meant to have; null where none is claimed
   * @param points in ascending order of x
   */
  public record Series(String name, Order expected, List<Point> points) {
    public Series {
      points = List.copyOf(points);
    }
  }
}
