package io.vmsnap.harness.bench;

import io.vmsnap.harness.bench.page.Curve;
import io.vmsnap.harness.bench.page.Curve.Point;
import io.vmsnap.harness.bench.page.Curve.Series;
import io.vmsnap.harness.bench.page.Order;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Costs by size, of one or several ways, over some rounds. */
final class CostSweep {
  private final Map<String, Order> orders = new LinkedHashMap<>();
  private final Map<String, TreeMap<Double, Samples>> samples = new LinkedHashMap<>();

  /**
   * Announces a cost; the plot shows them in this order.
   *
   * @param expected null where no order is claimed
   */
  CostSweep expect(String name, Order expected) {
    orders.put(name, expected);
    samples.put(name, new TreeMap<>());
    return this;
  }

  void add(String name, double size, double cost) {
    at(name, size).add(cost);
  }

  /** All rounds of one size. */
  Samples at(String name, double size) {
    return samples.get(name).computeIfAbsent(size, s -> new Samples());
  }

  Curve curve(String id, String title, String xLabel, String yLabel) {
    List<Series> series = new ArrayList<>();
    samples.forEach(
        (name, bySize) ->
            series.add(
                new Series(
                    name,
                    orders.get(name),
                    bySize.entrySet().stream()
                        .map(e -> new Point(e.getKey(), e.getValue().median()))
                        .toList())));
    return new Curve(id, title, xLabel, yLabel, series);
  }

  /** Sizes down, costs across, and what was expected of each. */
  static void print(Curve curve, PrintStream out) {
    out.printf("%n%s, %s%n", curve.title(), curve.yLabel());
    out.printf("  %14s", curve.xLabel());
    curve.series().forEach(s -> out.printf("  %20s", s.name()));
    out.println();
    TreeMap<Double, Map<String, Double>> rows = new TreeMap<>();
    for (Series series : curve.series()) {
      for (Point point : series.points()) {
        rows.computeIfAbsent(point.x(), x -> new LinkedHashMap<>()).put(series.name(), point.y());
      }
    }
    rows.forEach(
        (size, costs) -> {
          out.printf("  %,14.0f", size);
          for (Series series : curve.series()) {
            Double cost = costs.get(series.name());
            out.printf("  %20s", cost == null ? "" : "%.3f".formatted(cost));
          }
          out.println();
        });
    curve.series().stream()
        .filter(s -> s.expected() != null && Order.exponent(s.points()).isPresent())
        .forEach(s -> out.printf("  %s: %s%n", s.name(), s.expected().verdict(s.points())));
  }
}
