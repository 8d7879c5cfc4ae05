package io.vmsnap.harness.bench.page;

import io.vmsnap.harness.bench.page.Curve.Point;
import io.vmsnap.harness.bench.page.Curve.Series;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/**
 * A curve as SVG, both axes logarithmic: constant cost is level, linear cost rises by 45 degrees.
 */
final class LinePlot {
  private static final int WIDTH = 760;
  private static final int PLOT_HEIGHT = 300;
  private static final int LEFT = 84;
  private static final int RIGHT = 30;
  private static final int BOTTOM = 56;
  private static final int LEGEND_LINE = 18;

  /** Labels nearer to each other than this would overlap. */
  private static final double LABEL_WIDTH = 48;

  private LinePlot() {}

  static String of(Curve curve) {
    List<Series> series = curve.series().stream().filter(s -> !s.points().isEmpty()).toList();
    int top = 40 + series.size() * LEGEND_LINE + 8;
    int base = top + PLOT_HEIGHT;
    Svg svg = new Svg(WIDTH, base + BOTTOM, curve.title());
    LogScale x = new LogScale(values(series, true), LEFT, WIDTH - RIGHT);
    LogScale y = new LogScale(values(series, false), base, top);
    for (double tick : y.ticks()) {
      svg.line(LEFT, y.at(tick), WIDTH - RIGHT, y.at(tick), "grid");
      svg.text(LEFT - 8, y.at(tick) + 4, "end", "", Amount.round(tick));
    }
    double last = -LABEL_WIDTH;
    for (double size : values(series, true).sorted().distinct().toArray()) {
      svg.line(x.at(size), base, x.at(size), base + 5, "axis");
      if (x.at(size) - last >= LABEL_WIDTH) {
        svg.text(x.at(size), base + 20, "middle", "", Amount.round(size));
        last = x.at(size);
      }
    }
    svg.line(LEFT, base, WIDTH - RIGHT, base, "axis");
    svg.line(LEFT, base, LEFT, top, "axis");
    svg.text((LEFT + WIDTH - RIGHT) / 2.0, base + 44, "middle", "", curve.xLabel());
    svg.upwards(20, (top + base) / 2.0, curve.yLabel());
    for (int i = 0; i < series.size(); i++) {
      draw(svg, series.get(i), i, x, y);
    }
    return svg.toString();
  }

  private static void draw(Svg svg, Series series, int number, LogScale x, LogScale y) {
    double legend = 40 + number * LEGEND_LINE;
    svg.marker(LEFT + 6, legend, number);
    boolean tells = series.expected() != null && Order.exponent(series.points()).isPresent();
    String order = tells ? ": " + series.expected().verdict(series.points()) : "";
    svg.text(LEFT + 18, legend + 4, "start", "", series.name() + order);
    List<Point> points = series.points().stream().filter(p -> p.x() > 0 && p.y() > 0).toList();
    svg.line(
        "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"%s\"/>",
        Svg.colour(number),
        points.stream()
            .map(p -> String.format(Locale.ROOT, "%.1f,%.1f", x.at(p.x()), y.at(p.y())))
            .collect(Collectors.joining(" ")));
    for (Point point : points) {
      svg.marker(x.at(point.x()), y.at(point.y()), number);
    }
  }

  private static DoubleStream values(List<Series> series, boolean horizontal) {
    return series.stream()
        .flatMap(s -> s.points().stream())
        .mapToDouble(p -> horizontal ? p.x() : p.y())
        .filter(v -> v > 0);
  }
}
