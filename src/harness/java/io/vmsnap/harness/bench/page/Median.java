package io.vmsnap.harness.bench.page;

import java.util.List;

/** The value in the middle: one disturbed run does not move it. */
public final class Median {
  private Median() {}

  /** Of at least one value. */
  public static double of(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int half = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(half)
        : (sorted.get(half - 1) + sorted.get(half)) / 2;
  }

  /** Below it lies a quarter of the values; the least of fewer than five. */
  static double lowerQuartile(List<Double> values) {
    return values.stream().sorted().toList().get((values.size() - 1) / 4);
  }

  /** Above it lies a quarter of the values; the greatest of fewer than five. */
  static double upperQuartile(List<Double> values) {
    int last = values.size() - 1;
    return values.stream().sorted().toList().get(last - last / 4);
  }
}
