package io.vmsnap.harness.bench;

import io.vmsnap.harness.bench.page.Median;
import java.util.ArrayList;
import java.util.List;

/** Repeated measurements of one thing. */
final class Samples {
  private final List<Double> values = new ArrayList<>();

  void add(double value) {
    values.add(value);
  }

  boolean isEmpty() {
    return values.isEmpty();
  }

  double median() {
    return Median.of(values);
  }

  /** In the order of the rounds. */
  List<Double> values() {
    return List.copyOf(values);
  }
}
