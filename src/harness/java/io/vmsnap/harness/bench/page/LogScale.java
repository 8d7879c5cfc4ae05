package io.vmsnap.harness.bench.page;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/** A logarithmic axis that ends at round numbers. */
final class LogScale {
  private static final int[] STEPS = {1, 2, 5};
  private static final int MAX_TICKS = 10;

  private final double low;
  private final double high;
  private final double from;
  private final double to;

  /**
   * @param values above 0; the axis holds all of them
   * @param from where its low end lies in the picture
   * @param to where its high end lies
   */
  LogScale(DoubleStream values, double from, double to) {
    double[] all = values.filter(v -> v > 0).toArray();
    double least = DoubleStream.of(all).min().orElse(1);
    double most = DoubleStream.of(all).max().orElse(1);
    this.low = below(least);
    this.high = most > low ? above(most) : low * 10;
    this.from = from;
    this.to = to;
  }

  double at(double value) {
    return from + (to - from) * (Math.log(value / low) / Math.log(high / low));
  }

  /** Round numbers along the axis: 1, 2, 5, 10 ..., or powers of ten where those are many. */
  List<Double> ticks() {
    List<Double> ticks = ticks(STEPS);
    return ticks.size() > MAX_TICKS ? ticks(1) : ticks;
  }

  private List<Double> ticks(int... steps) {
    List<Double> ticks = new ArrayList<>();
    for (int power = (int) Math.floor(Math.log10(low)) - 1; Math.pow(10, power) <= high; power++) {
      for (int step : steps) {
        double tick = step * Math.pow(10, power);
        if (tick >= low * 0.999 && tick <= high * 1.001) {
          ticks.add(tick);
        }
      }
    }
    return ticks;
  }

  private static double below(double value) {
    double power = Math.pow(10, Math.floor(Math.log10(value)));
    double best = power;
    for (int step : STEPS) {
      if (step * power <= value * 1.0001) {
        best = step * power;
      }
    }
    return best;
  }

  private static double above(double value) {
    double power = Math.pow(10, Math.floor(Math.log10(value)));
    for (int step : STEPS) {
      if (step * power >= value * 0.9999) {
        return step * power;
      }
    }
    return 10 * power;
  }
}
