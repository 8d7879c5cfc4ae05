package io.vmsnap.harness.bench.page;

import java.util.List;
import java.util.stream.DoubleStream;

/** How many times better than each peer, as bars from 1 on a logarithmic axis. */
final class RatioPlot {
  private static final int WIDTH = 860;
  private static final int LABELS = 430;
  private static final int RIGHT = 70;
  private static final int TOP = 52;
  private static final int ROW = 22;

  private RatioPlot() {}

  /**
   * @param figures those without a peer are left out
   */
  static String of(String title, List<Figure> figures) {
    List<Figure> bars = figures.stream().filter(f -> f.ratio().isPresent()).toList();
    int base = TOP + bars.size() * ROW;
    Svg svg = new Svg(WIDTH, base + 44, title);
    LogScale scale =
        new LogScale(
            DoubleStream.concat(
                DoubleStream.of(0.5, 2), bars.stream().mapToDouble(f -> f.ratio().orElseThrow())),
            LABELS,
            WIDTH - RIGHT);
    for (double tick : scale.ticks()) {
      svg.line(scale.at(tick), TOP - 8, scale.at(tick), base, "grid");
      svg.text(scale.at(tick), base + 16, "middle", "", Amount.round(tick) + "x");
    }
    svg.line(scale.at(1), TOP - 8, scale.at(1), base, "axis");
    svg.text(
        (LABELS + WIDTH - RIGHT) / 2.0,
        base + 36,
        "middle",
        "",
        "times better than the peer (1x: the same)");
    for (int i = 0; i < bars.size(); i++) {
      bar(svg, scale, bars.get(i), TOP + i * ROW);
    }
    return svg.toString();
  }

  private static void bar(Svg svg, LogScale scale, Figure figure, double y) {
    double ratio = figure.ratio().orElseThrow();
    double from = Math.min(scale.at(ratio), scale.at(1));
    double to = Math.max(scale.at(ratio), scale.at(1));
    svg.text(
        LABELS - 8,
        y + 12,
        "end",
        "",
        figure.path() + ", " + figure.size() + " / " + figure.peerName());
    svg.line(
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"14\" fill=\"%s\"/>",
        from, y, Math.max(1, to - from), Svg.colour(ratio >= 1 ? 0 : 1));
    svg.text(to + 5, y + 12, "start", "", Amount.ratio(figure.ratio()));
  }
}
