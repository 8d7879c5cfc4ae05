package io.vmsnap.harness.bench.page;

import java.util.List;
import java.util.stream.DoubleStream;

/** How many times better than each peer, as bars from 1 on a logarithmic axis. */
final class RatioPlot {
  private static final int BARS = 380;
  private static final int RIGHT = 70;

  /** A letter of 12 pixels in most fonts; some are narrower, none is much wider. */
  private static final int LETTER = 7;

  private static final int TOP = 52;
  private static final int ROW = 22;

  private RatioPlot() {}

  /**
   * @param figures those without a peer are left out
   */
  static String of(String title, List<Figure> figures) {
    List<Figure> bars = figures.stream().filter(f -> f.ratio().isPresent()).toList();
    int base = TOP + bars.size() * ROW;
    int left = 24 + LETTER * bars.stream().mapToInt(f -> label(f).length()).max().orElse(0);
    int right = left + BARS;
    Svg svg = new Svg(right + RIGHT, base + 44, title);
    LogScale scale =
        new LogScale(
            DoubleStream.concat(
                DoubleStream.of(0.5, 2), bars.stream().mapToDouble(f -> f.ratio().orElseThrow())),
            left,
            right);
    for (double tick : scale.ticks()) {
      svg.line(scale.at(tick), TOP - 8, scale.at(tick), base, "grid");
      svg.text(scale.at(tick), base + 16, "middle", "", Amount.round(tick) + "x");
    }
    svg.line(scale.at(1), TOP - 8, scale.at(1), base, "axis");
    svg.text(
        (left + right) / 2.0, base + 36, "middle", "", "times better than the peer (1x: the same)");
    for (int i = 0; i < bars.size(); i++) {
      bar(svg, scale, bars.get(i), left, TOP + i * ROW);
    }
    return svg.toString();
  }

  private static void bar(Svg svg, LogScale scale, Figure figure, int left, double y) {
    double ratio = figure.ratio().orElseThrow();
    double from = Math.min(scale.at(ratio), scale.at(1));
    double to = Math.max(scale.at(ratio), scale.at(1));
    svg.text(left - 8, y + 12, "end", "", label(figure));
    svg.line(
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"14\" fill=\"%s\"/>",
        from, y, Math.max(1, to - from), Svg.colour(ratio >= 1 ? 0 : 1));
    svg.text(to + 5, y + 12, "start", "", Amount.ratio(figure.ratio()));
  }

  private static String label(Figure figure) {
    String size = figure.size().isEmpty() ? "" : ", " + figure.size();
    return figure.path() + size + " / " + figure.peerName();
  }
}
